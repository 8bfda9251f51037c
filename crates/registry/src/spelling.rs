//! The several spellings of one step, and what makes them meet.
//!
//! A pipeline and its tools write the same step as `TabularPreprocessing_training` (graph),
//! `TabularPreprocessing_Training` (specification), `TabularPreprocessing-Training` (SageMaker),
//! and, with the job type told apart, `tabular_preprocessing` (script) and
//! `tabularpreprocessing` (folder). They meet once case, `_`, `-` and spaces are left out of
//! account, and the job type follows the step unless the step's name ends with it already.

use crate::key::StepKey;

/// Leaves case, `_`, `-` and spaces out of account.
pub(crate) fn fold(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Returns the step's name without its job type, folded.
pub(crate) fn base(key: &StepKey) -> String {
    fold(without_job_type(key))
}

/// Returns the step's name and its job type, folded: equal for all spellings of one step.
pub(crate) fn full(key: &StepKey) -> String {
    let mut folded = base(key);
    folded.extend(key.job_type().map(|job_type| fold(job_type.as_str())));
    folded
}

/// Returns the step and its job type as SageMaker's step names put them together.
pub(crate) fn joined(key: &StepKey) -> String {
    match key.job_type() {
        Some(job_type) if without_job_type(key) == key.step().as_str() => {
            format!("{}-{job_type}", key.step())
        }
        _ => key.step().as_str().to_owned(),
    }
}

fn without_job_type(key: &StepKey) -> &str {
    let step = key.step().as_str();
    let stripped = key.job_type().and_then(|job_type| {
        let at = step.len().checked_sub(job_type.as_str().len() + 1)?;
        let (name, ending) = (step.get(..at)?, step.get(at..)?);
        let fits =
            ending.starts_with(['_', '-']) && ending[1..].eq_ignore_ascii_case(job_type.as_str());
        (fits && !name.is_empty()).then_some(name)
    });
    stripped.unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_spellings_of_one_step_meet() {
        let spellings = [
            "TabularPreprocessing_training",
            "TabularPreprocessing_Training",
            "TabularPreprocessing-Training",
            "TabularPreprocessing-Training@training",
            "tabular_preprocessing@training",
            "tabularpreprocessing@training",
        ];
        for text in spellings {
            assert_eq!(
                full(&StepKey::parse(text).unwrap()),
                "tabularpreprocessingtraining",
                "{text}"
            );
        }
    }

    #[test]
    fn the_job_type_counts_once_and_only_as_a_word_of_its_own() {
        for (text, expected) in [
            ("XGBoostTraining@training", "xgboosttrainingtraining"),
            ("XGBoost_training@training", "xgboosttraining"),
            ("_training@training", "trainingtraining"),
            ("Überprüfung_testing@testing", "überprüfungtesting"),
        ] {
            assert_eq!(full(&StepKey::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn joining_names_the_job_type_once() {
        assert_eq!(joined(&StepKey::parse("A@training").unwrap()), "A-training");
        assert_eq!(joined(&StepKey::parse("A-Training@training").unwrap()), "A-Training");
        assert_eq!(joined(&StepKey::parse("A").unwrap()), "A");
    }
}
