//! One file for each command; each turns arguments into an answer and prints nothing.

mod cache;
mod cleanup;
mod compare;
mod config;
mod discover;
mod doctor;
mod explain;
mod fetch;
mod profile;
mod report;
mod rules;
mod run;
mod scenario;
mod shell;
mod test_real_data;

use tokio::runtime::Runtime;

use crate::answer::{Answer, Failure};
use crate::args::{self, Arguments, Command};
use crate::config::Config;

/// Carries out what was typed.
pub(crate) fn run(arguments: &Arguments, config: &Config) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answer = carry_out(&runtime, arguments, config);
    // What still goes on, such as the comparison of an interrupted run, is not waited for.
    runtime.shutdown_background();
    answer
}

fn carry_out(runtime: &Runtime, arguments: &Arguments, config: &Config) -> Result<Answer, Failure> {
    let place = &arguments.place;
    match &arguments.command {
        Command::Discover(options) => runtime.block_on(discover::discover(place, options)),
        Command::Fetch(options) => runtime.block_on(fetch::fetch(place, options)),
        Command::Run(options) => runtime.block_on(run::run(place, options)),
        Command::Compare(options) => runtime.block_on(compare::compare(place, options)),
        Command::Profile(options) => runtime.block_on(profile::profile(place, options)),
        Command::Rules(options) => rules::rules(options),
        Command::TestRealData(options) => {
            runtime.block_on(test_real_data::test_real_data(place, options))
        }
        Command::Scenario(options) => runtime.block_on(scenario::scenario(place, options)),
        Command::Report(options) => report::report(place, options),
        Command::Cache(options) => cache::cache(place, options),
        Command::Cleanup(options) => cleanup::cleanup(place, options),
        Command::Doctor => runtime.block_on(doctor::doctor(place)),
        Command::Explain(options) => explain::explain(place, options),
        Command::Config(args::Config::Show) => config::show(config),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { into } => shell::man(into),
    }
}
