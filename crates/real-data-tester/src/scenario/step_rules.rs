//! What the outputs of a step are judged by, as a scenario says it: rules for each output, or one file for all of them.

use std::collections::BTreeMap;
use std::path::Path;

use reenact_registry::LogicalName;
use reenact_validator::Rules;
use serde::{Deserialize, Deserializer};

use super::one_or_file::OneOrFile;
use super::problem::{Checked, Problem};
use super::written::by_name;
use crate::{Error, Result};

/// The rules of a step as they are written.
#[derive(Debug, Default)]
pub(super) struct WrittenRules {
    /// For every output that has none of its own.
    pub(super) all: Option<OneOrFile<Rules>>,
    pub(super) by_output: BTreeMap<String, OneOrFile<Rules>>,
    /// Takes the place of the key of all of them.
    pub(super) key: Option<Vec<String>>,
}

/// The rules of a step.
#[derive(Clone, Debug)]
pub(super) struct StepRules {
    all: Rules,
    by_output: BTreeMap<LogicalName, Rules>,
}

impl WrittenRules {
    /// Reads the files that stand in place of rules.
    pub(super) fn load(&mut self, directory: &Path) -> Checked<()> {
        if let Some(all) = &mut self.all {
            all.load(directory).map_err(|error| Problem::at("rules", error))?;
        }
        for (output, rules) in &mut self.by_output {
            let loaded = rules.load(directory);
            loaded.map_err(|error| Problem::at(output, error).below("rules"))?;
        }
        Ok(())
    }

    /// Checks the names; where no rules are given, outputs are judged by the usual ones and paired by `key`.
    pub(super) fn rules(&self, key: &[String]) -> Checked<StepRules> {
        let keyed = |rules: &OneOrFile<Rules>| {
            let rules = loaded(rules)?;
            Ok(self.key.iter().fold(rules, Rules::with_key))
        };
        let key = self.key.as_deref().unwrap_or(key);
        let all = self.all.as_ref().map(keyed).transpose();
        let all = all.map_err(|error| Problem::at("rules", error))?;
        let by_output = by_name(&self.by_output, keyed);
        Ok(StepRules {
            all: all.unwrap_or_else(|| Rules::default().with_key(key.to_vec())),
            by_output: by_output.map_err(|problem| problem.below("rules"))?,
        })
    }
}

fn loaded(rules: &OneOrFile<Rules>) -> Result<Rules> {
    rules.value().cloned().ok_or_else(|| Error::scenario("its file has not been read"))
}

impl StepRules {
    /// Returns what the output `name` is judged by.
    pub(super) fn of(&self, name: &LogicalName) -> &Rules {
        self.by_output.get(name).unwrap_or(&self.all)
    }
}

impl<'de> Deserialize<'de> for WrittenRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match OneOrFile::deserialize(deserializer)? {
            OneOrFile::One(by_output) => Self { by_output, ..Self::default() },
            OneOrFile::File(path) => Self { all: Some(OneOrFile::File(path)), ..Self::default() },
        })
    }
}

#[cfg(test)]
mod tests {
    use reenact_validator::Rules;

    use crate::scenario::{Scenario, ScenarioBuilder};

    /// Writes a scenario and the files that it names; returns the outcome of reading it.
    fn opened(scenario: &str, files: &[(&str, &str)]) -> crate::Result<Scenario> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs_err::write(directory.path().join(name), text).unwrap();
        }
        let path = directory.path().join("reenact.toml");
        fs_err::write(&path, format!("pipeline = 'sales'\n{scenario}")).unwrap();
        ScenarioBuilder::open(&path)?.build()
    }

    fn key_of(scenario: &Scenario, output: &str) -> Vec<String> {
        let (_, step) = scenario.entry(&"clean".parse().unwrap()).unwrap();
        let rules = serde_json::to_value(step.rules(&output.parse().unwrap())).unwrap();
        serde_json::from_value(rules["key"].clone()).unwrap()
    }

    #[test]
    fn one_file_of_rules_judges_every_output_of_a_step() {
        let scenario = opened(
            "[steps.clean]\ncommand = ['true']\nrules = 'clean.rules.toml'\n",
            &[("clean.rules.toml", "key = ['id']\n")],
        )
        .unwrap();
        assert_eq!(key_of(&scenario, "rows"), ["id"]);
        assert_eq!(key_of(&scenario, "totals"), ["id"]);
    }

    #[test]
    fn rules_of_an_output_come_before_those_for_all() {
        let file = "key = ['id']\n";
        let scenario = "[steps.clean]\ncommand = ['true']\nkey = ['day']\n[steps.clean.rules]\nrows = 'rows.toml'\n";
        let scenario = opened(scenario, &[("rows.toml", file)]).unwrap();
        assert_eq!(key_of(&scenario, "rows"), ["id"]);
        assert_eq!(key_of(&scenario, "totals"), ["day"]);
    }

    #[test]
    fn what_overrides_comes_before_all_that_was_said() {
        let scenario = "[steps.clean]\ncommand = ['true']\nkey = ['day']\n[steps.clean.rules]\nrows = { key = ['id'] }\n";
        let builder = || ScenarioBuilder::from_toml(&format!("pipeline = 'sales'\n{scenario}"));
        let other = builder().unwrap().step("clean", |step| step.override_key(["line"]));
        let other = other.build().unwrap();
        assert_eq!(
            (key_of(&other, "rows"), key_of(&other, "totals")),
            (vec!["line".to_owned()], vec!["line".to_owned()])
        );
        let rules = Rules::default().with_key(["page"]);
        let other = builder().unwrap().step("clean", |step| step.override_rules(rules));
        let other = other.build().unwrap();
        assert_eq!(
            (key_of(&other, "rows"), key_of(&other, "totals")),
            (vec!["page".to_owned()], vec!["page".to_owned()])
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_of_rules_is_told_with_both_places() {
        let scenario = "[steps.clean]\ncommand = ['true']\nrules = 'clean.rules.toml'\n";
        let missing = format!("{:?}", opened(scenario, &[]).unwrap_err());
        assert!(missing.contains("line 4, column 9: `steps.clean.rules`"), "{missing}");
        assert!(missing.contains("clean.rules.toml"), "{missing}");
        let wrong = opened(scenario, &[("clean.rules.toml", "keys = ['id']\n")]).unwrap_err();
        let wrong = format!("{wrong:?}");
        assert!(
            wrong.contains("line 1, column 1: unknown key `keys`; did you mean `key`?"),
            "{wrong}"
        );
    }

    #[test]
    fn made_up_data_may_be_described_in_a_file_of_their_own() {
        let described =
            "seed = 7\n[outputs.'extract.rows']\ncolumns = [{ name = 'id', kind = 'integer' }]\n";
        let scenario = "synthetic = 'made-up.toml'\n[steps.clean]\ncommand = ['true']\n";
        let read = opened(scenario, &[("made-up.toml", described)]).unwrap();
        assert_eq!(format!("{:?}", read.synthetic), {
            let within = described.replace("outputs", "synthetic.outputs");
            let within = format!("[synthetic]\n{within}[steps.clean]\ncommand = ['true']\n");
            format!("{:?}", opened(&within, &[]).unwrap().synthetic)
        });
        let missing = format!("{:?}", opened(scenario, &[]).unwrap_err());
        assert!(missing.contains("line 2, column 13: `synthetic`"), "{missing}");
    }
}
