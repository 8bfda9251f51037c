//! Workspaces: the directories of one named run, always inside their root, removed as a whole.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::{IoContext, Problem, Result};
use crate::tree::{create_private, open_private};

/// Its presence says that a directory is a workspace, and so may be removed with everything in it.
const MARKER: &str = ".reenact-workspace";

/// The directories of one named run.
///
/// ```text
/// ROOT/NAME/               0700
///   .reenact-workspace     says that this directory may be removed as a whole
///   inputs/                what the steps read
///   outputs/               what the steps write
///   logs/                  what the steps say
///   cache/                 scratch space that lasts as long as the workspace; not the shared cache
///   s3_data/               the reference: what production wrote
/// ```
///
/// Nothing in a workspace is referred to from outside it, so removing one leaves the shared cache and all other workspaces
/// as they are, also one whose name begins alike.
///
/// # Examples
/// ```
/// use reenact_workspace_cache::Workspace;
///
/// let root = tempfile::tempdir()?;
/// let workspace = Workspace::create(root.path(), "nightly")?;
/// std::fs::write(workspace.outputs().join("table.csv"), "a,b\n")?;
/// assert_eq!(workspace.usage()?.outputs.bytes, 4);
/// workspace.remove()?;
/// assert!(Workspace::list(root.path())?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "WorkspaceManager")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
    name: String,
}

impl Workspace {
    /// Creates the workspace `name` in `root`, or opens it if there is one of that name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`](crate::ErrorKind::InvalidName) if the name is not 1 to 100 letters, digits, `.`, `_` or
    /// `-`, beginning with a letter or digit; [`ErrorKind::NotAWorkspace`](crate::ErrorKind::NotAWorkspace) if something
    /// else has that name; and the kinds of a file system that refuses.
    #[doc(alias = "setup_workspace")]
    pub fn create(root: &Path, name: &str) -> Result<Self> {
        let workspace = Self::at(root, name)?;
        let path = workspace.path();
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut content = fs::read_dir(&path).during("list", &path)?;
                if content.next().is_some() {
                    workspace.check()?;
                }
            }
            created => created.during("create", &path)?,
        }
        workspace.complete()?;
        Ok(workspace)
    }

    /// Creates a workspace that no other run has, named `prefix`, the time, and something random.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_unique(root: &Path, prefix: &str, now: DateTime<Utc>) -> Result<Self> {
        let start = format!("{prefix}-{}-", now.format("%Y%m%dT%H%M%SZ"));
        let workspace = Self::at(root, &format!("{start}xxxxxx"))?;
        let made = tempfile::Builder::new().prefix(&start).tempdir_in(&workspace.root);
        let path = made.during("create a directory in", &workspace.root)?.keep();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let workspace = Self { name, ..workspace };
        workspace.complete()?;
        Ok(workspace)
    }

    /// Opens the workspace `name` in `root`.
    ///
    /// # Errors
    /// As [`create`](Self::create); a missing directory is not a workspace either.
    pub fn open(root: &Path, name: &str) -> Result<Self> {
        let workspace = Self::at(root, name)?;
        workspace.check()?;
        workspace.complete()?;
        Ok(workspace)
    }

    /// Returns all workspaces in `root`, by name. What is in it besides is left out.
    ///
    /// # Errors
    /// The kinds of a file system that refuses. A missing root has no workspaces.
    pub fn list(root: &Path) -> Result<Vec<Self>> {
        let files = match fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.during("list", root)?,
        };
        let mut workspaces = Vec::new();
        for file in files {
            let name = file.during("list", root)?.file_name();
            if let Some(name) = name.to_str().filter(|name| is_name(name)) {
                let workspace = Self::at(root, name)?;
                if workspace.check().is_ok() {
                    workspaces.push(workspace);
                }
            }
        }
        workspaces.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(workspaces)
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the directory of this workspace.
    pub fn path(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// Returns the directory for what the steps read.
    pub fn inputs(&self) -> PathBuf {
        self.path().join("inputs")
    }

    /// Returns the directory for what the steps write.
    pub fn outputs(&self) -> PathBuf {
        self.path().join("outputs")
    }

    /// Returns the directory for what the steps say.
    pub fn logs(&self) -> PathBuf {
        self.path().join("logs")
    }

    /// Returns the directory for scratch files that last as long as the workspace. It is not the shared cache.
    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// Returns the directory for what production wrote.
    pub fn s3_data(&self) -> PathBuf {
        self.path().join("s3_data")
    }

    /// Returns how much is in the workspace, as the disk has it now. Symbolic links are not followed.
    ///
    /// # Errors
    /// The kinds of a file system that refuses.
    pub fn usage(&self) -> Result<WorkspaceUsage> {
        Ok(WorkspaceUsage {
            inputs: DirectoryUsage::of(&self.inputs())?,
            outputs: DirectoryUsage::of(&self.outputs())?,
            logs: DirectoryUsage::of(&self.logs())?,
            cache: DirectoryUsage::of(&self.cache())?,
            s3_data: DirectoryUsage::of(&self.s3_data())?,
        })
    }

    /// Removes the workspace with everything in it, and nothing else: what a symbolic link in it points to stays.
    ///
    /// It vanishes at once under its name; should removing the files be interrupted, what is left is a hidden directory
    /// in the root, whose name begins with `.removing-`.
    ///
    /// # Errors
    /// [`ErrorKind::NotAWorkspace`](crate::ErrorKind::NotAWorkspace) if something else has taken its place, and the kinds
    /// of a file system that refuses.
    #[doc(alias = "cleanup_workspace")]
    pub fn remove(self) -> Result<()> {
        self.check()?;
        let path = self.path();
        let place = tempfile::Builder::new()
            .prefix(".removing-")
            .tempdir_in(&self.root)
            .during("create a directory in", &self.root)?;
        fs::rename(&path, place.path().join(&self.name)).during("remove", &path)?;
        let place = place.keep();
        if let Err(error) = fs::remove_dir_all(&place) {
            // A step may have protected a directory from being written to, and so its files from being removed.
            if error.kind() != io::ErrorKind::PermissionDenied {
                return Err(error).during("remove", &place);
            }
            open_up(&place)?;
            fs::remove_dir_all(&place).during("remove", &place)?;
        }
        Ok(())
    }

    /// The workspace of a valid name, whether it is there or not, in a root that is.
    fn at(root: &Path, name: &str) -> Result<Self> {
        if !is_name(name) {
            return Err(Problem::InvalidName { name: name.to_owned() }.into());
        }
        create_private(root)?;
        let root = root.canonicalize().during("find", root)?;
        Ok(Self { root, name: name.to_owned() })
    }

    /// Refuses what is no workspace, and what only looks like one through a symbolic link.
    fn check(&self) -> Result<()> {
        let path = self.path();
        let refuse = |why| Err(Problem::NotAWorkspace { path: path.clone(), why }.into());
        let is = |path: &Path, what: fn(&Metadata) -> bool| {
            path.symlink_metadata().is_ok_and(|found| what(&found))
        };
        if !is(&path, Metadata::is_dir) {
            return refuse("is no directory, or only a symbolic link to one");
        }
        if !is(&path.join(MARKER), Metadata::is_file) {
            return refuse("was not made by reenact");
        }
        Ok(())
    }

    /// Creates the marker first, so that a workspace that is not complete is still known for one, then what is missing.
    fn complete(&self) -> Result<()> {
        let marker = self.path().join(MARKER);
        open_private(&marker).during("create", &marker)?;
        for directory in [self.inputs(), self.outputs(), self.logs(), self.cache(), self.s3_data()]
        {
            match directory.symlink_metadata() {
                Ok(found) if found.is_dir() => {}
                Ok(_) => {
                    return Err(
                        Problem::NotAWorkspace { path: directory, why: "is no directory" }.into()
                    );
                }
                Err(_) => drop(create_private(&directory)?),
            }
        }
        Ok(())
    }
}

/// Lets the owner write to a directory and all directories below it. Symbolic links are not followed.
fn open_up(directory: &Path) -> Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700)).during("open up", directory)?;
    for file in fs::read_dir(directory).during("list", directory)? {
        let file = file.during("list", directory)?;
        if file.file_type().during("look at", &file.path())?.is_dir() {
            open_up(&file.path())?;
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    (1..=100).contains(&name.len())
        && name.chars().all(allowed)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// How much is in each directory of a workspace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorkspaceUsage {
    /// What the steps read.
    pub inputs: DirectoryUsage,
    /// What the steps wrote.
    pub outputs: DirectoryUsage,
    /// What the steps said.
    pub logs: DirectoryUsage,
    /// Scratch files.
    pub cache: DirectoryUsage,
    /// What production wrote.
    pub s3_data: DirectoryUsage,
}

impl WorkspaceUsage {
    /// Returns the sum over all directories.
    pub fn total(&self) -> DirectoryUsage {
        let all = [self.inputs, self.outputs, self.logs, self.cache, self.s3_data];
        all.into_iter().fold(DirectoryUsage::default(), |sum, one| DirectoryUsage {
            files: sum.files + one.files,
            bytes: sum.bytes + one.bytes,
        })
    }
}

/// How much is in one directory and all directories below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DirectoryUsage {
    /// How many files.
    pub files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
}

impl DirectoryUsage {
    /// Counts regular files. Symbolic links are neither counted nor followed.
    pub(crate) fn of(directory: &Path) -> Result<Self> {
        let mut usage = Self::default();
        let mut pending = vec![directory.to_path_buf()];
        while let Some(directory) = pending.pop() {
            for file in fs::read_dir(&directory).during("list", &directory)? {
                let file = file.during("list", &directory)?;
                let metadata = file.metadata().during("look at", &file.path())?;
                if metadata.is_dir() {
                    pending.push(file.path());
                } else if metadata.is_file() {
                    usage.files += 1;
                    usage.bytes += metadata.len();
                }
            }
        }
        Ok(usage)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn it_has_the_directories_of_the_seed_for_its_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::create(root.path(), "ws1").unwrap();
        for name in ["inputs", "outputs", "logs", "cache", "s3_data"] {
            let metadata = workspace.path().join(name).metadata().unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o700, "{name}");
        }
        assert_eq!(Workspace::create(root.path(), "ws1").unwrap(), workspace);
        assert_eq!(Workspace::open(root.path(), "ws1").unwrap(), workspace);
    }

    /// The seed removed its base directory for the name `""` and any directory for `../victim`.
    #[test]
    fn w1_a_name_cannot_lead_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        let victim = root.path().join("victim");
        fs::create_dir(&victim).unwrap();
        let base = root.path().join("base");
        for name in [
            "",
            ".",
            "..",
            "../victim",
            "/",
            "/etc",
            "a/b",
            "a\\b",
            ".hidden",
            "-rf",
            "a\0",
            "ä",
            &"x".repeat(101),
        ] {
            for outcome in [Workspace::create(&base, name), Workspace::open(&base, name)] {
                assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidName, "{name:?}");
            }
        }
        assert!(victim.exists());
    }

    #[test]
    fn w1_a_symbolic_link_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let victim = Workspace::create(root.path(), "victim").unwrap();
        let base = root.path().join("base");
        let workspace = Workspace::create(&base, "real").unwrap();
        symlink(victim.path(), base.join("link")).unwrap();
        symlink(victim.path(), workspace.outputs().join("link")).unwrap();

        assert_eq!(Workspace::create(&base, "link").unwrap_err().kind(), ErrorKind::NotAWorkspace);
        assert_eq!(Workspace::open(&base, "link").unwrap_err().kind(), ErrorKind::NotAWorkspace);
        assert_eq!(workspace.usage().unwrap().total(), DirectoryUsage::default());
        workspace.remove().unwrap();
        assert!(victim.inputs().is_dir());
    }

    #[test]
    fn w1_a_directory_of_someone_else_is_neither_used_nor_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("thesis")).unwrap();
        fs::write(root.path().join("thesis/chapter1"), "once").unwrap();

        assert_eq!(
            Workspace::create(root.path(), "thesis").unwrap_err().kind(),
            ErrorKind::NotAWorkspace
        );
        assert_eq!(Workspace::list(root.path()).unwrap(), []);
    }

    #[test]
    fn w2_removing_one_leaves_another_whose_name_begins_alike() {
        let root = tempfile::tempdir().unwrap();
        let one = Workspace::create(root.path(), "ws1").unwrap();
        let ten = Workspace::create(root.path(), "ws10").unwrap();
        fs::write(ten.outputs().join("kept"), "kept").unwrap();
        one.remove().unwrap();

        assert_eq!(Workspace::list(root.path()).unwrap(), std::slice::from_ref(&ten));
        assert_eq!(ten.usage().unwrap().outputs, DirectoryUsage { files: 1, bytes: 4 });
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_step_has_protected_goes_too() {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace::create(root.path(), "ws1").unwrap();
        let protected = workspace.outputs().join("a/b");
        fs::create_dir_all(&protected).unwrap();
        fs::write(protected.join("file"), "").unwrap();
        for directory in [&*protected, protected.parent().unwrap()] {
            fs::set_permissions(directory, Permissions::from_mode(0o500)).unwrap();
        }
        workspace.remove().unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn unique_workspaces_are_unique_at_the_same_moment() {
        let root = tempfile::tempdir().unwrap();
        let make = || Workspace::create_unique(root.path(), "clean", DateTime::UNIX_EPOCH).unwrap();
        let (one, other) = (make(), make());
        assert_ne!(one, other);
        assert!(one.name().starts_with("clean-19700101T000000Z-"), "{}", one.name());
        assert_eq!(Workspace::list(root.path()).unwrap().len(), 2);
    }
}
