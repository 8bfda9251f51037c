//! Judges a pair of files that are no tables.

use super::document::{Differences, Document};
use super::opaque::digest;
use crate::both::both_sides;
use crate::budget::Budget;
use crate::judgement::{FileJudgement, FileKind};
use crate::rules::Rules;
use crate::tree::{Contents, Pair, Unit};
use crate::{Result, Verdict};

/// What a pair of files turned out to be, and the answer in words.
#[derive(Debug)]
pub(crate) struct JudgedFile {
    pub(crate) judgement: FileJudgement,
    pub(crate) message: String,
    pub(crate) recommendation: Option<&'static str>,
}

/// Compares two files: JSON documents by structure, anything else by size and digest.
pub(crate) fn judge_file(pair: &Pair, rules: &Rules, budget: &Budget) -> Result<JudgedFile> {
    let mut judged = by_content(pair)?;
    if pair.candidate.contents != Contents::Json || pair.reference.contents != Contents::Json {
        return Ok(judged);
    }
    if judged.judgement.verdict == Verdict::Pass {
        by_structure(&mut judged, &pair.name, &Differences::none(rules));
        return Ok(judged);
    }
    let ([ours], [theirs]) = (pair.candidate.files.as_slice(), pair.reference.files.as_slice())
    else {
        return Ok(judged);
    };
    let most = Document::most_bytes(budget);
    let read = |file| Document::read(file, most, budget);
    match both_sides(|| read(ours), || read(theirs))? {
        (Document::Json { value: ours, .. }, Document::Json { value: theirs, .. }) => {
            by_structure(&mut judged, &pair.name, &Differences::between(&ours, &theirs, rules));
        }
        (Document::TooLarge, _) | (_, Document::TooLarge) => {
            judged.message = format!(
                "`{}` holds other bytes, and is too large for the memory budget to be compared by structure",
                pair.name
            );
            judged.recommendation = Some(
                "raise the memory budget, or write many records as a table, such as JSON Lines",
            );
            judged.judgement.verdict = Verdict::Inconclusive;
        }
        (Document::Broken(line), Document::Json { .. }) => {
            judged.message =
                format!("the candidate's `{}` is no JSON document from line {line} on", pair.name);
            judged.recommendation =
                Some("write the document as a whole, and close the file before the step ends");
        }
        (_, Document::Broken(line)) => {
            judged.message = format!(
                "`{}` holds other bytes; the reference's is no JSON document from line {line} on",
                pair.name
            );
        }
    }
    Ok(judged)
}

fn by_content(pair: &Pair) -> Result<JudgedFile> {
    let (ours, theirs) =
        both_sides(|| digest(&pair.candidate.files), || digest(&pair.reference.files))?;
    let bytes = |unit: &Unit| unit.files.iter().map(|file| file.bytes).sum::<u64>();
    let (candidate_bytes, reference_bytes) = (bytes(&pair.candidate), bytes(&pair.reference));
    let same = ours == theirs && candidate_bytes == reference_bytes;
    let message = match (same, candidate_bytes == reference_bytes) {
        (true, _) => format!("`{}` holds the same bytes", pair.name),
        (false, true) => format!("`{}` holds other bytes", pair.name),
        (false, false) => {
            format!("`{}` holds {candidate_bytes} bytes instead of {reference_bytes}", pair.name)
        }
    };
    Ok(JudgedFile {
        judgement: FileJudgement {
            name: pair.name.clone(),
            kind: FileKind::Opaque,
            verdict: if same { Verdict::Pass } else { Verdict::Fail },
            candidate_bytes,
            reference_bytes,
            candidate_sha256: Some(ours),
            reference_sha256: Some(theirs),
            difference_count: 0,
            differences: Vec::new(),
        },
        message,
        recommendation: (!same).then_some(
            "models and archives often hold times or random seeds: fix those, or write what matters beside it as a table or JSON",
        ),
    })
}

fn by_structure(judged: &mut JudgedFile, name: &str, found: &Differences<'_>) {
    judged.message = match found.count {
        0 => format!("the JSON document `{name}` is the same"),
        1 => format!("the JSON document `{name}` differs in 1 place"),
        count => format!("the JSON document `{name}` differs in {count} places"),
    };
    judged.recommendation = (found.count > 0)
        .then_some("give numbers that may differ a tolerance, and ignore members that always do");
    judged.judgement.kind = FileKind::Json;
    judged.judgement.verdict = if found.count == 0 { Verdict::Pass } else { Verdict::Fail };
    judged.judgement.difference_count = found.count;
    judged.judgement.differences.clone_from(&found.listed);
}
