//! What the help of the commands shows below their options; a test runs each example. Prose is not broken into lines: that is done
//! by the width of the terminal.

pub(crate) const CACHE_GC_EXAMPLES: &str = "Examples:
  reenact cache gc --max-size 2GiB --max-age 30
  reenact cache gc --keep-free 20GiB --dry-run";

pub(crate) const CACHE_LS_EXAMPLES: &str = "Examples:
  reenact cache ls
  reenact cache ls --json";

pub(crate) const CACHE_PATH_EXAMPLES: &str = "Examples:
  reenact cache path";

pub(crate) const CACHE_PURGE_EXAMPLES: &str = "Examples:
  reenact cache purge --bucket acme-production --prefix pipelines/flights/2013-01/
  reenact cache purge --all --yes";

pub(crate) const CACHE_VERIFY_HELP: &str = "What is damaged or missing is taken out of the cache, so that the next run fetches it anew. Ends with 1 if there was something.

Examples:
  reenact cache verify";

pub(crate) const CLEANUP_EXAMPLES: &str = "Examples:
  reenact cleanup --dry-run
  reenact cleanup --older-than 1";

pub(crate) const COMPARE_EXAMPLES: &str = "Examples:
  reenact compare outputs/table production/table --key month,day,carrier,flight
  reenact compare latest latest~1 --step clean
  reenact compare outputs/table --baseline 2013-01.profile.json --rules suggested.toml

With --step, LEFT and RIGHT are executions, and the outputs of the step in the first are judged by those in the second.";

pub(crate) const COMPLETIONS_EXAMPLES: &str = "Examples:
  reenact completions bash > ~/.local/share/bash-completion/completions/reenact
  reenact completions zsh > ~/.zfunc/_reenact
  reenact completions fish > ~/.config/fish/completions/reenact.fish";

pub(crate) const CONVENTIONS: &str = "Exit codes: 0 the outputs match, or the command did what it was asked; 1 they differ, or something that was checked is not as \
    it should be; 2 it could not be told (also: wrong usage); 130 interrupted (Ctrl-C), 143 terminated. Asked twice, it ends at once.

Answers are printed on standard output, everything else on standard error; with --json a failure is a document with the member \
    `error`, too. Colours and progress are for terminals; NO_COLOR=1 or CLICOLOR=0 takes the colours away, CLICOLOR_FORCE=1 forces them.";

pub(crate) const CONFIG_HELP: &str = "A setting is taken from the first of these places that has it:
  1. a flag
  2. the environment
  3. the scenario file (bucket, layout, pipeline)
  4. the user's file: the one that REENACT_CONFIG names, or else reenact/config.toml in the directory for configurations
  5. its default

Access keys are found as the AWS tools find them: a profile that is typed, or in the user's file, comes before keys in the \
    environment, and these come before a profile that AWS_PROFILE names.

Examples:
  reenact config show
  reenact config show --profile analytics --json";

pub(crate) const DISCOVER_EXAMPLES: &str = "Examples:
  reenact discover --bucket acme-production
  reenact discover flights --bucket acme-production --since 7d
  reenact discover flights --bucket acme-production --execution-id latest~1";

pub(crate) const DOCTOR_HELP: &str = "Checked are credentials and who they belong to, the endpoint, the bucket and its region, the clock, each permission, the \
    disks of the cache and of the workspace, and programs that some steps need. Give --pipeline, so that what is tried is what a run \
    does. Ends with 2 if something stands in the way of a run.

Examples:
  reenact doctor --bucket acme-production --pipeline flights
  reenact doctor --bucket acme-production --profile analytics --region eu-central-1 --json";

pub(crate) const EXPLAIN_EXAMPLES: &str = "Examples:
  reenact explain pipelines/flights/2013-01/clean/output/table/part-0.parquet
  reenact explain --layout hive pipeline=flights/execution=2013-01/step=clean/output=table/x.csv

Ends with 1 if the layout in use does not fit the key.";

pub(crate) const FETCH_EXAMPLES: &str = "Examples:
  reenact fetch clean --from latest --into data
  reenact fetch ingest.flights --from 2013-02 --include '**/*.csv' --dry-run
  reenact fetch \"Steps.clean.Outputs['table']\" --manifest manifest.json --dry-run

In a pattern `*` and `?` stay within one part of a path, `**` crosses parts, and `{a,b}` is a choice.";

pub(crate) const MAN_EXAMPLES: &str = "Examples:
  reenact man --into ~/.local/share/man/man1";

pub(crate) const PROFILE_EXAMPLES: &str = "Examples:
  reenact profile outputs/table --out 2013-01.profile.json
  reenact profile clean.table --from latest~1 --out 2013-02.profile.json
  reenact compare outputs/table --baseline 2013-01.profile.json --rules suggested.toml

Text is kept masked, as part of its hash, unless --clear-text says otherwise; the ends of ranges of numbers and times are values of the \
    data. Columns are said by name, by a pattern with * or ?, or by type:TYPE.";

pub(crate) const REPORT_OPEN_EXAMPLES: &str = "Examples:
  reenact report open";

pub(crate) const REPORT_RENDER_EXAMPLES: &str = "Examples:
  reenact report render --format markdown
  reenact report render --format junit --into junit.xml";

pub(crate) const RULES_SUGGEST_EXAMPLES: &str = "Examples:
  reenact rules suggest 2013-*.profile.json --out suggested.toml
  reenact compare outputs/table --baseline 2013-03.profile.json --rules suggested.toml";

pub(crate) const RUN_EXAMPLES: &str = "Examples:
  reenact run clean --from latest
  reenact run clean --from 2013-02 --bucket acme-production --pipeline flights \\
      --input flights=ingest.flights --input weather=ingest.weather \\
      -- python3 clean.py {inputs} {outputs}
  reenact run clean --sample 50% --sample-key origin

In the command {inputs} and {outputs} stand for directories with one directory for each logical name.";

pub(crate) const SCENARIO_CHECK_EXAMPLES: &str = "Examples:
  reenact scenario check
  reenact scenario check --scenario reenact.toml --json";

pub(crate) const SCENARIO_INIT_EXAMPLES: &str = "Examples:
  reenact scenario init --bucket acme-production --pipeline flights --into flights.toml";

pub(crate) const TEST_REAL_DATA_EXAMPLES: &str = "Examples:
  reenact test-real-data
  reenact test-real-data --steps clean --execution-id latest~1";
