//! Which object becomes which file: decided beforehand, without touching network or disk.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::path::{self, NamePolicy};
use crate::source::ObjectMeta;

/// Which objects become which files below a directory.
///
/// The tree below the root prefix is kept: with the root `run/out/`, the object `run/out/train/a.csv` becomes `train/a.csv`.
/// Nothing is ever renamed: a key that could leave the directory, or that would meet another one there, is refused.
/// Folder markers (`name/` without content) are passed over. The items are in the order of their keys.
///
/// ```
/// use std::path::Path;
///
/// use reenact_downloader::{ErrorKind, ObjectMeta, Plan, PlanOptions};
///
/// let options = PlanOptions::default();
/// let plan = Plan::new("run/out/", &[ObjectMeta::new("run/out/train/a.csv", 7)], &options)?;
/// assert_eq!(plan.items()[0].path(), Path::new("train/a.csv"));
/// assert_eq!(plan.bytes(), 7);
///
/// let error = Plan::new("run/out/", &[ObjectMeta::new("run/out/../../etc/passwd", 7)], &options).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnsafeKey);
/// # Ok::<(), reenact_downloader::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Plan {
    items: Vec<PlanItem>,
    passed_over: Vec<PassedOver>,
}

/// One object and the file it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanItem {
    object: ObjectMeta,
    path: PathBuf,
}

/// An object that a plan does not fetch, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct PassedOver {
    /// The object's key.
    pub key: String,
    /// Why it is not fetched.
    pub reason: PassReason,
}

/// Why a plan does not fetch an object.
#[derive(Debug)]
#[non_exhaustive]
pub enum PassReason {
    /// It is the zero-byte `name/` object that consoles make to show an empty folder.
    FolderMarker,
    /// The include and exclude patterns leave it out.
    NotSelected,
    /// Its key cannot become a file, and the options say to go on without it.
    Unsafe(Error),
}

/// What a plan takes in, and how strict it is.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    names: NamePolicy,
    pass_over_unsafe: bool,
}

impl PlanOptions {
    /// Takes in only objects whose relative path matches `pattern`, or another one given so. By default all are taken in.
    ///
    /// `*` and `?` stay within one part of the path, `**` crosses parts, `{a,b}` is a choice.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the pattern is not one.
    pub fn with_include(mut self, pattern: &str) -> Result<Self> {
        self.include.push(parse_glob(pattern)?);
        Ok(self)
    }

    /// Leaves out objects whose relative path matches `pattern`, even if they are included. By default none is left out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if the pattern is not one.
    pub fn with_exclude(mut self, pattern: &str) -> Result<Self> {
        self.exclude.push(parse_glob(pattern)?);
        Ok(self)
    }

    /// Sets what is demanded of names. By default [`NamePolicy::Portable`].
    #[must_use]
    pub fn with_names(mut self, names: NamePolicy) -> Self {
        self.names = names;
        self
    }

    /// Sets whether a key that cannot become a file is passed over and reported instead of failing the plan. By default it fails
    /// the plan. Collisions always do: there is no telling which of the objects was meant.
    #[must_use]
    pub fn with_unsafe_passed_over(mut self, pass_over: bool) -> Self {
        self.pass_over_unsafe = pass_over;
        self
    }

    fn selection(&self) -> Result<Selection> {
        let include = if self.include.is_empty() { None } else { Some(glob_set(&self.include)?) };
        Ok(Selection { include, exclude: glob_set(&self.exclude)? })
    }
}

impl Plan {
    /// Plans how the `objects` below the prefix `root` become files.
    ///
    /// An object whose key is exactly `root` becomes a file of its last part's name. An object that is given twice is taken once.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::UnsafeKey`] if a key is not below `root` or cannot become a file, unless such keys are passed over.
    /// - [`ErrorKind::Collision`] if two objects, or an object and a directory, would meet on one path.
    /// - [`ErrorKind::Changed`] if one key is given twice with different contents.
    pub fn new(root: &str, objects: &[ObjectMeta], options: &PlanOptions) -> Result<Self> {
        let selection = options.selection()?;
        let mut plan = Self::default();
        let mut relative_paths = Vec::new();
        for object in distinct(objects)?.into_values() {
            match consider(root, object, &selection, options.names) {
                Ok(relative) => {
                    plan.items.push(PlanItem { object: object.clone(), path: relative.into() });
                    relative_paths.push(relative);
                }
                Err(PassReason::Unsafe(error)) if !options.pass_over_unsafe => return Err(error),
                Err(reason) => {
                    plan.passed_over.push(PassedOver { key: object.key.clone(), reason });
                }
            }
        }
        refuse_collisions(&plan.items, &relative_paths, options.names)?;
        Ok(plan)
    }

    /// Returns what will be fetched, in the order of the keys.
    pub fn items(&self) -> &[PlanItem] {
        &self.items
    }

    /// Returns what will not be fetched, in the order of the keys.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Returns how many bytes will be fetched.
    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.object.size).sum()
    }
}

impl PlanItem {
    /// Returns the object.
    pub fn object(&self) -> &ObjectMeta {
        &self.object
    }

    /// Returns the path of the file, relative to the directory that the plan is run into.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

struct Selection {
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Selection {
    fn takes(&self, path: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(path))
            && !self.exclude.is_match(path)
    }
}

fn parse_glob(pattern: &str) -> Result<Glob> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|source| invalid_pattern(pattern).with_source(source))
}

fn glob_set(globs: &[Glob]) -> Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(glob.clone());
    }
    builder.build().map_err(|source| invalid_pattern("the patterns together").with_source(source))
}

fn invalid_pattern(pattern: &str) -> Error {
    Error::new(ErrorKind::Invalid).with_reason(format!("not a pattern: {pattern}"))
}

/// Returns the objects by key, each once.
fn distinct(objects: &[ObjectMeta]) -> Result<BTreeMap<&str, &ObjectMeta>> {
    let mut distinct = BTreeMap::new();
    for object in objects {
        match distinct.entry(object.key.as_str()) {
            Entry::Vacant(vacant) => _ = vacant.insert(object),
            Entry::Occupied(seen) if seen.get().identity() == object.identity() => {}
            Entry::Occupied(_) => return Err(Error::listed_twice(&object.key)),
        }
    }
    Ok(distinct)
}

/// Returns the relative path of the file that an object becomes, or why it becomes none.
fn consider<'a>(
    root: &str,
    object: &'a ObjectMeta,
    selection: &Selection,
    names: NamePolicy,
) -> Result<&'a str, PassReason> {
    if object.is_folder_marker() {
        return Err(PassReason::FolderMarker);
    }
    let relative = below(root, &object.key)
        .ok_or_else(|| unsafe_key(object, &format!("it is not below {root:?}")))?;
    if !selection.takes(relative) {
        return Err(PassReason::NotSelected);
    }
    path::refusal(relative, names).map_or(Ok(relative), |reason| Err(unsafe_key(object, reason)))
}

fn unsafe_key(object: &ObjectMeta, reason: &str) -> PassReason {
    PassReason::Unsafe(Error::new(ErrorKind::UnsafeKey).with_key(&object.key).with_reason(reason))
}

/// Returns the part of `key` below the prefix `root`, which ends at a `/` whether that is written or not.
fn below<'a>(root: &str, key: &'a str) -> Option<&'a str> {
    let rest = key.strip_prefix(root)?;
    if root.is_empty() || root.ends_with('/') {
        Some(rest)
    } else if rest.is_empty() {
        key.rsplit('/').next()
    } else {
        rest.strip_prefix('/')
    }
}

fn refuse_collisions(items: &[PlanItem], paths: &[&str], names: NamePolicy) -> Result<()> {
    let collision = |first: usize, second: usize, place: &str| {
        let first = &items[first].object.key;
        Error::new(ErrorKind::Collision).with_key(&items[second].object.key).with_reason(format!(
            "it would meet {first:?} {place}; fetch them into different directories, or exclude one"
        ))
    };
    let folded: Vec<String> = paths.iter().map(|path| path::folded(path, names)).collect();
    let mut files: HashMap<&str, usize> = HashMap::with_capacity(items.len());
    for (index, path) in folded.iter().enumerate() {
        if let Some(earlier) = files.insert(path, index) {
            return Err(collision(earlier, index, "on one file"));
        }
    }
    let mut directories: HashMap<&str, (&str, usize)> = HashMap::new();
    for (index, (path, folded)) in paths.iter().zip(&folded).enumerate() {
        for ((slash, _), (folded_slash, _)) in
            path.match_indices('/').zip(folded.match_indices('/'))
        {
            let (directory, spelling) = (&folded[..folded_slash], &path[..slash]);
            if let Some(file) = files.get(directory) {
                return Err(collision(*file, index, "as a file and a directory"));
            }
            let (seen, earlier) = *directories.entry(directory).or_insert((spelling, index));
            if seen != spelling {
                return Err(collision(earlier, index, "in one directory of two spellings"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(keys: &[&str]) -> Vec<ObjectMeta> {
        keys.iter().map(|key| ObjectMeta::new(*key, 1)).collect()
    }

    fn plan(root: &str, keys: &[&str]) -> Result<Plan> {
        Plan::new(root, &objects(keys), &PlanOptions::default())
    }

    fn paths(plan: &Plan) -> Vec<&str> {
        plan.items().iter().map(|item| item.path().to_str().unwrap()).collect()
    }

    fn refused(root: &str, keys: &[&str]) -> ErrorKind {
        plan(root, keys).expect_err("must be refused").kind()
    }

    #[test]
    fn d1_files_of_one_name_in_two_directories_stay_apart() {
        let plan = plan("run/out/", &["run/out/val/x.json", "run/out/train/x.json"]).unwrap();
        assert_eq!(paths(&plan), ["train/x.json", "val/x.json"]);
    }

    #[test]
    fn d4_h5_folder_markers_are_passed_over_and_counted() {
        let mut keys = objects(&["out/a/b.csv"]);
        keys.extend([ObjectMeta::new("out/", 0), ObjectMeta::new("out/a/", 0)]);
        let plan = Plan::new("out/", &keys, &PlanOptions::default()).unwrap();
        assert_eq!(paths(&plan), ["a/b.csv"]);
        assert!(
            plan.passed_over()
                .iter()
                .all(|passed| matches!(passed.reason, PassReason::FolderMarker))
        );
        assert_eq!(plan.passed_over().len(), 2);
        assert_eq!(
            refused("out/", &["out/a/"]),
            ErrorKind::UnsafeKey,
            "a marker with content is no marker"
        );
    }

    #[test]
    fn d8_only_the_leading_root_is_removed() {
        let plan = plan("out/", &["out/a/out/b.csv"]).unwrap();
        assert_eq!(paths(&plan), ["a/out/b.csv"]);
    }

    #[test]
    fn d15_an_object_given_twice_is_taken_once() {
        assert_eq!(plan("", &["a", "a"]).unwrap().items().len(), 1);
        let mut twice = objects(&["a", "a"]);
        twice[1].etag = Some("other".to_owned());
        let error = Plan::new("", &twice, &PlanOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
    }

    #[test]
    fn h1_a_key_that_leaves_its_root_is_refused_or_passed_over_by_policy() {
        let keys = ["out/../../etc/passwd", "out/fine"];
        assert_eq!(refused("out/", &keys), ErrorKind::UnsafeKey);
        let options = PlanOptions::default().with_unsafe_passed_over(true);
        let plan = Plan::new("out/", &objects(&keys), &options).unwrap();
        assert_eq!(paths(&plan), ["fine"]);
        let [passed] = plan.passed_over() else { panic!("{plan:?}") };
        assert_eq!(passed.key, keys[0]);
    }

    #[test]
    fn h5_h6_what_would_meet_on_disk_is_a_collision_that_names_both() {
        for keys in [
            ["a", "a/b"],
            ["A.csv", "a.csv"],
            ["caf\u{e9}", "cafe\u{301}"],
            ["A", "a/b"],
            ["country=US/x", "country=us/y"],
        ] {
            let error = plan("", &keys).expect_err("must collide");
            assert_eq!(error.kind(), ErrorKind::Collision, "{keys:?}");
            let text = error.to_string();
            assert!(keys.iter().all(|key| text.contains(&format!("{key:?}"))), "{text}");
        }
    }

    #[test]
    fn native_names_may_differ_by_case_only() {
        let options = PlanOptions::default().with_names(NamePolicy::Native);
        let plan = Plan::new("", &objects(&["A/x", "a/x", "nul"]), &options).unwrap();
        assert_eq!(paths(&plan), ["A/x", "a/x", "nul"]);
        assert!(Plan::new("", &objects(&["a", "a/b"]), &options).is_err());
    }

    #[test]
    fn a_root_ends_at_a_slash_whether_written_or_not() {
        assert_eq!(paths(&plan("run/out", &["run/out/a"]).unwrap()), ["a"]);
        assert_eq!(
            paths(&plan("run/model.tar.gz", &["run/model.tar.gz"]).unwrap()),
            ["model.tar.gz"]
        );
        assert_eq!(refused("run/out", &["run/output/a"]), ErrorKind::UnsafeKey);
    }

    #[test]
    fn patterns_select_by_relative_path() {
        let keys = objects(&["o/a.csv", "o/b.json", "o/t/c.csv", "o/t/_x.csv"]);
        let selected = |include: &[&str], exclude: &[&str]| {
            let mut options = PlanOptions::default();
            for pattern in include {
                options = options.with_include(pattern).unwrap();
            }
            for pattern in exclude {
                options = options.with_exclude(pattern).unwrap();
            }
            let plan = Plan::new("o/", &keys, &options).unwrap();
            paths(&plan).join(" ")
        };
        assert_eq!(selected(&["*.csv"], &[]), "a.csv");
        assert_eq!(selected(&["**/*.csv"], &["**/_*"]), "a.csv t/c.csv");
        assert_eq!(selected(&[], &["t/**"]), "a.csv b.json");
        assert_eq!(
            PlanOptions::default().with_include("a[").unwrap_err().kind(),
            ErrorKind::Invalid
        );
    }

    /// Keys made of what is dangerous, what is ordinary, and what is neither.
    fn keys() -> impl Strategy<Value = Vec<String>> {
        let part = prop_oneof![
            Just("..".to_owned()),
            Just(".".to_owned()),
            Just(String::new()),
            Just("C:".to_owned()),
            Just("..\\x".to_owned()),
            "[aAéE\u{301}]{1,2}",
            "\\PC{1,6}",
            ".{0,6}",
        ];
        let key =
            prop::collection::vec(part, 1..5).prop_map(|parts| format!("root/{}", parts.join("/")));
        prop::collection::vec(key, 1..6)
    }

    proptest! {
        #[test]
        fn h1_no_plan_ever_leaves_its_directory(keys in keys(), native: bool) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let names = if native { NamePolicy::Native } else { NamePolicy::Portable };
            let options = PlanOptions::default().with_names(names).with_unsafe_passed_over(true);
            if let Ok(plan) = Plan::new("root/", &objects(&keys), &options) {
                let mut seen = std::collections::HashSet::new();
                for item in plan.items() {
                    let only_names = |component| matches!(component, std::path::Component::Normal(_));
                    prop_assert!(item.path().components().all(only_names), "{:?}", item.path());
                    prop_assert!(!item.path().as_os_str().is_empty());
                    prop_assert_eq!(format!("root/{}", item.path().display()), item.object().key.clone());
                    prop_assert!(seen.insert(item.path().to_owned()));
                }
                let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
                prop_assert_eq!(plan.items().len() + plan.passed_over().len(), distinct.len());
            }
        }
    }
}
