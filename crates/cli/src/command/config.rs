//! `reenact config show`: every setting with where it came from.

use crate::answer::{Answer, Failure};
use crate::config::Config;
use crate::terminal::table;

pub(crate) fn show(config: &Config) -> Result<Answer, Failure> {
    let mut table = table(["SETTING", "VALUE", "FROM"], &[]);
    for (setting, shown) in config {
        let value = shown.value.as_deref().or(shown.default.as_deref()).unwrap_or_default();
        table.add_row([setting.name(), value, &shown.origin.to_string()]);
    }
    Answer::new(config, table.trim_fmt())
}
