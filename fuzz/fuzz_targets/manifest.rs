//! A manifest that is read is written and read again as the same registry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reenact_registry::Registry;

fuzz_target!(|text: &str| {
    if let Ok(registry) = Registry::from_manifest(text) {
        let manifest = registry.to_manifest().expect("what was read is written");
        let again = Registry::from_manifest(&manifest).expect("what was written is read");
        assert_eq!(again, registry);
        assert_eq!(again.to_manifest().expect("what was read is written"), manifest);
        for output in registry.outputs() {
            assert_eq!(registry.output(output.key()).expect("its own key finds it"), output);
        }
    }
});
