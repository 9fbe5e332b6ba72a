//! The texts of one language, read from Fluent files. Chooses no language and no key.

use std::collections::BTreeSet;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
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
    /// What is wrong with it: there is no such key, the text is no Fluent, or puts in other values than the one it replaces.
    pub fn replace(&mut self, key: &str, text: &str) -> Result<(), String> {
        let original = self.0.get_message(key).and_then(|it| it.value());
        let Some(needed) = original.map(|it| put_in([it])) else {
            return Err(format!("there is no text {key}"));
        };
        let resource = read(&format!("{key} = {}\n", text.replace('\n', " ")))
            .map_err(|fault| format!("{key}: {fault}"))?;
        let given = put_in(resource.entries().filter_map(|entry| match entry {
            Entry::Message(message) => message.value.as_ref(),
            _ => None,
        }));
        if given != needed {
            return Err(format!(
                "{key}: 差し込む値を元の文と同じにしてください（元の文: {}、この文: {}） (put in the same values as the text it replaces: {} there, {} here)",
                listed(&needed, "なし"),
                listed(&given, "なし"),
                listed(&needed, "none"),
                listed(&given, "none"),
            ));
        }
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

/// What texts have put in, in every variant, as Fluent writes it: values, other texts, functions.
fn put_in<'t>(texts: impl IntoIterator<Item = &'t Pattern<&'t str>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        in_pattern(text, &mut found);
    }
    found
}

fn in_pattern(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression } => in_expression(expression, found),
        }
    }
}

fn in_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, found);
            for variant in variants {
                in_pattern(&variant.value, found);
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    let name = match inline {
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => None,
        InlineExpression::VariableReference { id } => Some(format!("${}", id.name)),
        InlineExpression::MessageReference { id, .. } => Some(id.name.to_owned()),
        InlineExpression::TermReference { id, .. } => Some(format!("-{}", id.name)),
        InlineExpression::FunctionReference { id, arguments } => {
            for argument in &arguments.positional {
                in_inline(argument, found);
            }
            Some(format!("{}()", id.name))
        }
        InlineExpression::Placeable { expression } => {
            in_expression(expression, found);
            None
        }
    };
    found.extend(name);
}

fn listed(names: &BTreeSet<String>, none: &str) -> String {
    if names.is_empty() {
        return none.to_owned();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(", ")
}

fn read(file: &str) -> Result<FluentResource, String> {
    FluentResource::try_new(file.to_owned()).map_err(|(_, errors)| format!("{errors:?}"))
}
