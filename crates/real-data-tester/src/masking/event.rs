//! Masks an event before anybody is told of it.

use super::Masker;
use crate::event::{Event, NotRun, ObjectRecord};
use crate::executor::{Ending, StepOutcome};

impl Masker {
    /// Masks all that an event tells of the data.
    ///
    /// Every event is named: whoever adds one decides here what of it is private.
    pub(crate) fn event(&self, event: Event) -> Event {
        let mut event = event;
        match &mut event {
            Event::RunStarted(header) => {
                header
                    .steps
                    .iter_mut()
                    .filter_map(|step| step.command.as_mut())
                    .for_each(|command| self.clean(command));
            }
            Event::ObjectReady { object, .. } => self.object(object),
            Event::StepPrinted { text, .. } => self.clean(text),
            Event::StepFinished { outcome, .. } => self.outcome(outcome),
            Event::StepNotRun { why: NotRun::Problem { problem }, .. }
            | Event::OutputNotJudged { problem, .. } => self.clean(problem),
            Event::OutputWritten { written, .. } => {
                written.faults.iter_mut().for_each(|fault| self.clean(fault));
            }
            Event::OutputJudged { judgement, .. } => self.judgement(judgement),
            Event::TreePlanned { .. }
            | Event::BytesReceived { .. }
            | Event::ObjectAwaited { .. }
            | Event::TreeStaged { .. }
            | Event::StepStarted { .. }
            | Event::StepNotRun { .. }
            | Event::ThresholdJudged { .. }
            | Event::Interrupted
            | Event::RunFinished { .. } => {}
        }
        event
    }

    /// Masks free text in place.
    pub(super) fn clean(&self, text: &mut String) {
        if let std::borrow::Cow::Owned(clean) = self.scrub(text) {
            *text = clean;
        }
    }

    fn outcome(&self, outcome: &mut StepOutcome) {
        self.clean(&mut outcome.stderr_tail);
        if let Ending::Failed { message } = &mut outcome.ending {
            self.clean(message);
        }
    }

    /// Masks the values of partitions, written `column=value` in a key, and what patterns find in it.
    fn object(&self, object: &mut ObjectRecord) {
        let segment = |segment: &str| match segment.split_once('=') {
            Some((column, value)) => match self.column(column) {
                Some(mask) => format!("{column}={}", self.show(value, mask)),
                None => segment.to_owned(),
            },
            None => segment.to_owned(),
        };
        let key = object.key.split('/').map(segment).collect::<Vec<_>>().join("/");
        object.key = self.scrub_patterns(&key).into_owned();
    }
}

#[cfg(test)]
mod tests {
    use crate::event::{Event, ObjectRecord, Origin, Tree};
    use crate::masking::{Mask, Masking};

    #[test]
    fn a_partition_of_a_masked_column_is_masked_in_the_key() {
        let masker = Masking::new().with_column("customer", Mask::Redact).compile().unwrap();
        let object = ObjectRecord {
            key: "out/year=2026/customer=Ada/part-0.parquet".to_owned(),
            revision: "1".to_owned(),
            version_id: None,
            size: 1,
            origin: Origin::Cache,
        };
        let step = "clean".parse().unwrap();
        let tree = Tree::Input("rows".parse().unwrap());
        let Event::ObjectReady { object, .. } =
            masker.event(Event::ObjectReady { step, tree, object })
        else {
            panic!("another event");
        };
        assert_eq!(object.key, "out/year=2026/customer=<redacted>/part-0.parquet");
    }
}
