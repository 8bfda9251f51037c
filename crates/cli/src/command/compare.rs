//! `reenact compare`: two files or directories, without a run.

use reenact::tester::judgement_summary;
use reenact::validator::{Rules, Validator};

use crate::answer::{Answer, Failure};
use crate::args::Compare;
use crate::exit;

pub(crate) fn compare(options: &Compare) -> Result<Answer, Failure> {
    let rules = Rules::default().with_key(options.key.clone());
    let judgement = Validator::new(rules).compare(&options.candidate, &options.reference)?;
    let exit = exit::of_verdict(judgement.verdict);
    Ok(Answer::new(&judgement, judgement_summary(&judgement))?.with_exit(exit))
}
