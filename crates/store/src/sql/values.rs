//! The values a statement is given, and how a column of its rows is named. Converts nothing.

use rusqlite::types::{ToSql, Value};

/// A column: its place from 0, or its name.
pub(crate) trait Column:
    rusqlite::RowIndex + tokio_postgres::row::RowIndex + std::fmt::Display + Copy
{
}

impl Column for usize {}
impl Column for &str {}

/// The values of a statement, in the order of its numbers from ?1.
pub(crate) trait Params: Sized {
    /// Hands all of them to a piece of work.
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T;
}

impl Params for &[&dyn ToSql] {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        work(self)
    }
}

/// No values: of this type alone an empty list can be.
impl Params for [&dyn ToSql; 0] {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        work(&[])
    }
}

impl<V: ToSql> Params for [V; 1] {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        let [one] = &self;
        work(&[one])
    }
}

impl<V: ToSql> Params for [V; 2] {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        let [one, two] = &self;
        work(&[one, two])
    }
}

impl<V: ToSql> Params for [V; 3] {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        let [one, two, three] = &self;
        work(&[one, two, three])
    }
}

impl<A: ToSql, B: ToSql> Params for (A, B) {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        work(&[&self.0, &self.1])
    }
}

/// Values whose number is known only while the program runs.
pub(crate) struct Several(Vec<Value>);

/// Takes values whose number is known only while the program runs.
pub(crate) fn params_from_iter(values: impl IntoIterator<Item = Value>) -> Several {
    Several(values.into_iter().collect())
}

impl Params for Several {
    fn bind<T>(self, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
        let values: Vec<&dyn ToSql> = self.0.iter().map(|it| it as &dyn ToSql).collect();
        work(&values)
    }
}
