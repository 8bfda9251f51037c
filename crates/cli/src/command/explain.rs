//! `reenact explain`: how a key is read by the layout in use, and by all presets.

use crate::answer::{Answer, Failure};
use crate::args::{Explain, Place};
use crate::exit;

/// Ends with 1 if the layout in use does not fit the key.
pub(crate) fn explain(place: &Place, options: &Explain) -> Result<Answer, Failure> {
    let layout = place.scenario()?.key_layout()?;
    let explanation = layout.explain(key_of(&options.key));
    let fits = explanation.attempts.first().is_some_and(|attempt| attempt.outcome.is_ok());
    let exit = if fits { exit::MATCH } else { exit::DIFFERS };
    Ok(Answer::new(&explanation, explanation.to_string())?.with_exit(exit))
}

/// Returns the key of what may be a whole S3 URI.
fn key_of(text: &str) -> &str {
    let beyond_bucket = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    beyond_bucket.map_or(text, |(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_as_good_as_a_key() {
        for (text, key) in
            [("s3://bucket/a/b", "a/b"), ("a/b", "a/b"), ("s3://bucket", "s3://bucket")]
        {
            assert_eq!(key_of(text), key);
        }
    }
}
