//! The table of a saved profile that made-up data are to be like, as a scenario file names it.

use std::path::{Path, PathBuf};

use reenact_validator::{ColumnProfile, Profile, TableProfile, TextProfile};
use serde::Deserialize;

use super::schema::SyntheticTable;
use crate::{Error, ErrorKind, Result};

/// Where the profile is, which of its tables is meant, and of which columns the real texts may be used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelTable {
    profile: PathBuf,
    table: Option<String>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(skip)]
    loaded: Option<Profile>,
}

impl ModelTable {
    /// Reads the profile, sought below `directory`.
    pub(super) fn load(&mut self, directory: &Path) -> Result<()> {
        let profile = Profile::load(&directory.join(&self.profile)).map_err(|error| {
            Error::caused(ErrorKind::Scenario, "the profile that it names cannot be read", error)
        })?;
        self.loaded = Some(profile);
        Ok(())
    }

    /// Returns a table like that of the profile.
    pub(super) fn table(&self) -> Result<SyntheticTable> {
        let table = self.model()?;
        for column in &self.allow {
            check_allowed(table, column)?;
        }
        SyntheticTable::like_profile(table, |column| self.allow.iter().any(|name| name == column))
    }

    fn model(&self) -> Result<&TableProfile> {
        let tables = self.loaded.as_ref().map(Profile::tables).unwrap_or_default();
        let named = match (&self.table, tables) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), _) => tables.iter().find(|table| table.name() == name),
        };
        named.ok_or_else(|| {
            let names: Vec<&str> = tables.iter().map(TableProfile::name).collect();
            let asked = match &self.table {
                Some(name) => format!("has no table `{name}`"),
                None => "has not exactly one table, so `table` must name the one that is meant"
                    .to_owned(),
            };
            Error::scenario(format!(
                "the profile {} {asked}; its tables are: {}",
                self.profile.display(),
                names.join(", ")
            ))
        })
    }
}

/// Refuses to promise real texts that the profile does not have.
fn check_allowed(table: &TableProfile, name: &str) -> Result<()> {
    let Some(column) = table.column(name) else {
        let names: Vec<&str> = table.columns().iter().map(ColumnProfile::name).collect();
        return Err(Error::scenario(format!(
            "`allow` names `{name}`, which the profile does not have; its columns are: {}",
            names.join(", ")
        )));
    };
    if column.text().is_some_and(TextProfile::is_masked) {
        return Err(Error::scenario(format!(
            "`allow` names `{name}`, whose text is masked in the profile: save it with `--clear-text {name}`"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use reenact_validator::ProfileOptions;
    use tempfile::TempDir;

    use crate::{Runner, Scenario, ScenarioBuilder};

    /// A directory with the profile of two tables, in which `city` is in the clear and `name` is masked, and a scenario beside it.
    fn directory(like: &str) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().join("real");
        fs_err::create_dir(&real).unwrap();
        let rows = "1,Ada,Ankh\n2,Grace,Morpork\n".repeat(30);
        fs_err::write(real.join("people.csv"), format!("id,name,city\n{rows}")).unwrap();
        fs_err::write(real.join("other.csv"), "x\n1\n2\n").unwrap();
        let options = ProfileOptions::new().with_clear_text(["city"]);
        let profile = reenact_validator::Profile::of(&real, &options).unwrap();
        profile.save(&home.path().join("people.profile.json")).unwrap();
        let text = format!(
            "pipeline = 'p'\n[synthetic.outputs.'extract.rows']\nrows = 80\nlike = {like}\n\
             [steps.copy]\ncommand = ['sh', '-c', 'cp \"$1\"/rows/* \"$2\"/rows', 'sh', '{{inputs}}', '{{outputs}}']\n\
             inputs = {{ rows = 'extract.rows' }}\noutputs = ['rows']\n"
        );
        fs_err::write(home.path().join("reenact.toml"), text).unwrap();
        home
    }

    fn opened(home: &TempDir) -> crate::Result<Scenario> {
        ScenarioBuilder::open(&home.path().join("reenact.toml"))?.build()
    }

    fn refusal(like: &str) -> String {
        format!("{:?}", opened(&directory(like)).unwrap_err())
    }

    #[test]
    fn a_scenario_names_the_profile_and_the_only_columns_whose_texts_are_real() {
        let home = directory(
            "{ profile = 'people.profile.json', table = 'people.csv', allow = ['city'] }",
        );
        let runner =
            Runner::offline(opened(&home).unwrap()).with_workspace_root(home.path().join("runs"));
        let report = runner.isolation_blocking("copy").unwrap();
        let made = report.run.directory.join("outputs/copy/rows/part-00000.csv");
        let made = fs_err::read_to_string(made).unwrap();
        assert_eq!(made.lines().count(), 81);
        assert!(made.starts_with("id,name,city\n"), "{made}");
        assert!(
            made.contains("Ankh") && made.contains("Morpork") && made.contains("value_1"),
            "{made}"
        );
        assert!(!made.contains("Ada") && !made.contains("Grace"), "{made}");
    }

    #[test]
    fn what_the_profile_does_not_have_is_refused_with_what_it_has() {
        for (like, said) in [
            ("{ profile = 'none.profile.json' }", "none.profile.json"),
            (
                "{ profile = 'people.profile.json' }",
                "`table` must name the one that is meant; its tables are: other.csv, people.csv",
            ),
            ("{ profile = 'people.profile.json', table = 'cows.csv' }", "has no table `cows.csv`"),
            (
                "{ profile = 'people.profile.json', table = 'people.csv', allow = ['town'] }",
                "`allow` names `town`, which the profile does not have; its columns are: id, name, city",
            ),
            (
                "{ profile = 'people.profile.json', table = 'people.csv', allow = ['name'] }",
                "save it with `--clear-text name`",
            ),
            (
                "{ profile = 'people.profile.json', table = 'people.csv' }\ncolumns = [{ name = 'a', kind = 'text' }]",
                "`columns` or are `like` a profile, not both",
            ),
        ] {
            let refusal = refusal(like);
            assert!(refusal.starts_with("the scenario "), "{refusal}");
            assert!(refusal.contains("line 2, column "), "{refusal}");
            assert!(refusal.contains(said), "{said} in {refusal}");
        }
    }
}
