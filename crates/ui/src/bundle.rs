//! The texts of one language, read from Fluent files. Chooses no language and no key.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// Values to put into a text.
pub type Values<'a> = FluentArgs<'a>;

/// One value.
pub type Value<'a> = fluent_bundle::FluentValue<'a>;

/// Texts by key.
pub struct Bundle(FluentBundle<FluentResource>);

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bundle(…)")
    }
}

impl Bundle {
    /// No texts yet; `tag` is a language's.
    #[must_use]
    pub fn new(tag: &str) -> Self {
        let identifier: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // Marks of direction around inserted values serve scripts we do not have, hinder searching a page and are shown by some fonts.
        bundle.set_use_isolating(false);
        Self(bundle)
    }

    /// Adds the texts of a file.
    ///
    /// # Errors
    /// What is wrong with it: it is no Fluent, or repeats a key.
    pub fn add(&mut self, file: &str) -> Result<(), String> {
        let resource = read(file)?;
        self.0
            .add_resource(resource)
            .map_err(|errors| format!("{errors:?}"))
    }

    /// Says a text in another way.
    ///
    /// # Errors
    /// What is wrong with it: there is no such key, or the text is no Fluent.
    pub fn replace(&mut self, key: &str, text: &str) -> Result<(), String> {
        if !self.0.has_message(key) {
            return Err(format!("there is no text {key}"));
        }
        let resource = read(&format!("{key} = {}\n", text.replace('\n', " ")))
            .map_err(|fault| format!("{key}: {fault}"))?;
        self.0.add_resource_overriding(resource);
        Ok(())
    }

    /// The text of a key; `None` when there is none or a value is missing.
    #[must_use]
    pub fn find(&self, key: &str, values: Option<&Values<'_>>) -> Option<String> {
        let pattern = self.0.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.0.format_pattern(pattern, values, &mut errors);
        errors.is_empty().then(|| text.into_owned())
    }
}

fn read(file: &str) -> Result<FluentResource, String> {
    FluentResource::try_new(file.to_owned()).map_err(|(_, errors)| format!("{errors:?}"))
}
