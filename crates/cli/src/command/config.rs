//! `reenact config show`: every setting with where it came from.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use crate::answer::{Answer, Failure};
use crate::config::Config;

pub(crate) fn show(config: &Config) -> Result<Answer, Failure> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["SETTING", "VALUE", "FROM"]);
    for (setting, shown) in config {
        let value = shown.value.as_deref().or(shown.default).unwrap_or_default();
        table.add_row([setting.name(), value, &shown.origin.to_string()]);
    }
    Answer::new(config, table.trim_fmt())
}
