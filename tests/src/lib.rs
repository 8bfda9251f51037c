//! Runs the Rust code of the README and of the guides in `docs/`.

/// Makes a module whose documentation, and so whose tests, are a Markdown file.
macro_rules! guide {
    ($name:ident, $path:literal) => {
        #[cfg(doctest)]
        #[doc = include_str!($path)]
        mod $name {}
    };
}

guide!(readme, "../../README.md");
guide!(profiles, "../../docs/profiles.md");
guide!(architecture, "../../docs/architecture.md");
guide!(cache_format, "../../docs/cache-format.md");
guide!(layouts, "../../docs/layouts.md");
guide!(manifest_format, "../../docs/manifest-format.md");
guide!(report_format, "../../docs/report-format.md");
guide!(rules, "../../docs/rules.md");
guide!(statistics, "../../docs/statistics.md");
guide!(s3, "../../docs/s3.md");
guide!(embedding, "../../docs/embedding.md");
guide!(testkit, "../../docs/testkit.md");
guide!(validator, "../../docs/validator.md");
guide!(workspaces_and_cache, "../../docs/workspaces-and-cache.md");
