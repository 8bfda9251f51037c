//! How outputs and steps are found.

use super::steps::StepOutputs;
use super::store::Registry;
use crate::error::{Error, Repr};
use crate::key::{OutputKey, StepKey};
use crate::name::{DataType, JobType, LogicalName};
use crate::output::Output;
use crate::property::PropertyPath;
use crate::suggestion::Unknown;

impl Registry {
    /// Returns how many outputs are registered.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns whether no output is registered.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Lists all outputs, by step, job type and logical name.
    pub fn outputs(&self) -> impl Iterator<Item = &Output> {
        self.steps.iter().flat_map(StepOutputs::iter)
    }

    /// Lists all steps that have outputs, by name and job type.
    #[doc(alias = "list_all_steps")]
    pub fn steps(&self) -> impl Iterator<Item = &StepKey> {
        self.steps.keys()
    }

    /// Returns the output registered under exactly this key.
    pub fn get(&self, key: &OutputKey) -> Option<&Output> {
        self.steps.get(key.step_key())?.get(key.logical_name())
    }

    /// Finds an output whose step and name may be spelled otherwise.
    ///
    /// The step is found as by [`step`](Self::step). Of its outputs, the one with exactly this logical name comes
    /// first; after it, the one that has the name as an alias, in upper or lower case. A logical name
    /// in another case is another name.
    ///
    /// ```
    /// use reenact_registry::{LogicalName, Location, Output, OutputKey, Registry};
    ///
    /// let mut registry = Registry::default();
    /// let key = OutputKey::parse("TabularPreprocessing_training.processed_data")?;
    /// registry.register(
    ///     Output::new(key, Location::parse("s3://flights/x")?).with_alias(LogicalName::parse("DATA")?),
    /// )?;
    /// assert!(registry.output(&OutputKey::parse("tabular_preprocessing@training.data")?).is_ok());
    ///
    /// let error = registry.output(&OutputKey::parse("TabularPreprocessing_training.procesed_data")?).unwrap_err();
    /// assert_eq!(error.suggestion(), Some("TabularPreprocessing_training.processed_data"));
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) with the names there are, or
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if the step has several job types and none is given.
    #[doc(alias("get_step_output_info", "get_step_output_path"))]
    pub fn output(&self, key: &OutputKey) -> Result<&Output, Error> {
        let step = self.steps.find(key.step_key())?;
        step.find(key.logical_name()).ok_or_else(|| {
            let known = step.iter().map(|output| output.key().to_string());
            Unknown::among("output", &key.to_string(), known).into()
        })
    }

    /// Finds the step that `key` spells.
    ///
    /// First comes the step registered exactly so. After it the one whose spelling differs in case, `_`, `-` and
    /// spaces only, where the job type may be part of the name (`Train_calibration`) or stand apart
    /// (`Train@calibration`). A key without job type also finds a step that has one, if it has only one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) with the steps there are, or
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if the step has several job types and none is given.
    pub fn step(&self, key: &StepKey) -> Result<&StepKey, Error> {
        self.steps.find(key).map(StepOutputs::key)
    }

    /// Lists the outputs of one step, found as by [`step`](Self::step).
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    #[doc(alias = "get_all_step_outputs")]
    pub fn outputs_of(&self, key: &StepKey) -> Result<impl Iterator<Item = &Output>, Error> {
        self.steps.find(key).map(StepOutputs::iter)
    }

    /// Lists the outputs of all steps with this logical name, in exactly this spelling.
    pub fn with_logical_name<'a>(
        &'a self,
        name: &'a LogicalName,
    ) -> impl Iterator<Item = &'a Output> {
        self.steps.iter().filter_map(move |step| step.get(name))
    }

    /// Lists the outputs of this data type.
    pub fn with_data_type<'a>(
        &'a self,
        data_type: &'a DataType,
    ) -> impl Iterator<Item = &'a Output> {
        self.outputs().filter(move |output| output.data_type() == Some(data_type))
    }

    /// Lists the outputs of all steps that ran for this job type.
    pub fn with_job_type<'a>(&'a self, job_type: &'a JobType) -> impl Iterator<Item = &'a Output> {
        let steps = self.steps.iter().filter(move |step| step.key().job_type() == Some(job_type));
        steps.flat_map(StepOutputs::iter)
    }

    /// Finds the output that a property path refers to: an output of the step that it names, or, if it
    /// names none, of whichever step has such an output.
    ///
    /// ```
    /// use reenact_registry::{Location, Output, OutputKey, PropertyPath, Registry};
    ///
    /// let path = PropertyPath::parse("properties.ModelArtifacts.S3ModelArtifacts")?;
    /// let mut registry = Registry::default();
    /// for step in ["train_a", "train_b"] {
    ///     let place = Location::parse(&format!("s3://flights/{step}/model.tar.gz"))?;
    ///     let output = Output::new(OutputKey::parse(&format!("{step}.model"))?, place);
    ///     registry.register(output.with_property_path(path.clone())?)?;
    /// }
    /// let of_b = registry.resolve(&PropertyPath::parse("Steps.train_b.ModelArtifacts.S3ModelArtifacts")?)?;
    /// assert_eq!(of_b.location().to_string(), "s3://flights/train_b/model.tar.gz");
    ///
    /// let error = registry.resolve(&path).unwrap_err();
    /// assert!(error.to_string().ends_with("fits train_a.model and train_b.model"), "{error}");
    /// # Ok::<(), reenact_registry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), or [`Ambiguous`](crate::ErrorKind::Ambiguous) if it fits several
    /// outputs, which are named.
    pub fn resolve(&self, path: &PropertyPath) -> Result<&Output, Error> {
        if let Some(step) = path.step() {
            return self.resolve_in(&StepKey::new(step.clone()), path);
        }
        let users = self.paths.get(path).into_iter().flat_map(|users| &users.steps);
        let steps = users.filter_map(|number| self.steps.numbered(*number));
        let fitting = steps.flat_map(|step| step.with_path(path.clone()));
        only(path, fitting, self.paths.keys().map(ToString::to_string))
    }

    /// Finds the output of `step` that a property path refers to; a step that the path itself names is left
    /// out of account.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve) and [`step`](Self::step).
    pub fn resolve_in(&self, step: &StepKey, path: &PropertyPath) -> Result<&Output, Error> {
        let step = self.steps.find(step)?;
        let path = path.clone().without_step();
        let of_step = |path: &PropertyPath| path.clone().with_step(step.key().step().clone());
        let known =
            step.iter().filter_map(|output| Some(of_step(output.property_path()?).to_string()));
        only(&of_step(&path), step.with_path(path), known)
    }
}

/// Returns the only output that fits a path.
fn only<'a>(
    path: &PropertyPath,
    mut fitting: impl Iterator<Item = &'a Output>,
    known: impl Iterator<Item = String>,
) -> Result<&'a Output, Error> {
    match (fitting.next(), fitting.next()) {
        (Some(output), None) => Ok(output),
        (Some(first), Some(second)) => {
            let all =
                [first, second].into_iter().chain(fitting).map(|output| output.key().to_string());
            Err(Repr::Ambiguous {
                what: "property path",
                name: path.to_string(),
                fitting: all.collect(),
            }
            .into())
        }
        (None, _) => Err(Unknown::among("property", &path.to_string(), known).into()),
    }
}
