//! Schemas and tables of fields, made from the message tables: what we write, and what a careful sender writes. The readers take more
//! (any order, empty elements, unknown ones); no schema says so.

pub mod fields;
pub mod json_schema;
pub mod xsd;

use crate::message::Message;
use crate::tables::{Form, Row};

/// A message in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The message.
    pub message: Message,
    /// Towards the center or back.
    pub direction: Direction,
}

/// Towards the center or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A request.
    Request,
    /// An answer.
    Answer,
}

impl Way {
    /// Every message in both directions, in the interface's order.
    pub fn all() -> impl Iterator<Item = Self> {
        Message::ALL.into_iter().flat_map(|message| {
            [Direction::Request, Direction::Answer].map(|direction| Self { message, direction })
        })
    }

    /// The beginning of its files' names, `OQSsiquc01req`.
    #[must_use]
    pub fn name(self) -> String {
        let kind = match self.direction {
            Direction::Request => "req",
            Direction::Answer => "res",
        };
        format!("{}{kind}", self.message.prefix())
    }

    /// Its table.
    #[must_use]
    pub fn rows(self) -> &'static [Row] {
        match self.direction {
            Direction::Request => self.message.request_rows(),
            Direction::Answer => self.message.answer_rows(),
        }
    }
}

/// The values of a form, as a regular expression both kinds of schema understand; `None` where only the length counts.
fn pattern(form: Form) -> Option<String> {
    let day = "[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])";
    match form {
        Form::Group | Form::List(_) | Form::Text(_) | Form::Code(_) => None,
        Form::Exact(_) => Some("[^\\n\\r]+".to_owned()),
        Form::Digits(many) => Some(format!("[0-9]{{{many}}}")),
        // Spelt out: xmllint counts wrongly where counted parts overlap.
        Form::Insurer => {
            let (two, four) = ("[0-9][0-9]", "[0-9][0-9][0-9][0-9]");
            Some(format!("(    |  {two}|{four}|{two})?{four}"))
        }
        Form::Count => Some("[0-9]{1,10}".to_owned()),
        Form::Date => Some(day.to_owned()),
        Form::DateTime => Some(format!("{day}([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]")),
        Form::Month => Some("[0-9]{4}(0[1-9]|1[0-2])".to_owned()),
        Form::PostalCode => Some("[0-9]{3}-[0-9]{4}".to_owned()),
        Form::OpenCode(most) => Some(format!("[0-9A-Za-z]{{1,{most}}}")),
        Form::Base64 => Some("[0-9A-Za-z+/]+={0,2}".to_owned()),
    }
}

/// The longest value, where neither pattern nor codes say it.
fn most_characters(form: Form) -> Option<u16> {
    match form {
        Form::Text(most) | Form::Exact(most) => Some(most),
        Form::Group
        | Form::List(_)
        | Form::Digits(_)
        | Form::Insurer
        | Form::Count
        | Form::Date
        | Form::DateTime
        | Form::Month
        | Form::PostalCode
        | Form::Code(_)
        | Form::OpenCode(_)
        | Form::Base64 => None,
    }
}
