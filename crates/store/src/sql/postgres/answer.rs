//! Values to and from PostgreSQL: each takes the type the server says it has. A value that does not fit its type is refused, never cut.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::sql::Error;

type Refused = Box<dyn StdError + Sync + Send>;

/// A value on its way to the server.
#[derive(Debug)]
pub(super) struct Bound<'v>(ToSqlOutput<'v>);

impl<'v> Bound<'v> {
    pub(super) fn all(values: &[&'v dyn rusqlite::types::ToSql]) -> Result<Vec<Self>, Error> {
        let bound = values.iter().map(|value| Ok(Self(value.to_sql()?)));
        bound.collect()
    }

    fn value(&self) -> Option<ValueRef<'_>> {
        match &self.0 {
            ToSqlOutput::Borrowed(value) => Some(*value),
            ToSqlOutput::Owned(Value::Null) => Some(ValueRef::Null),
            ToSqlOutput::Owned(Value::Integer(it)) => Some(ValueRef::Integer(*it)),
            ToSqlOutput::Owned(Value::Real(it)) => Some(ValueRef::Real(*it)),
            ToSqlOutput::Owned(Value::Text(it)) => Some(ValueRef::Text(it.as_bytes())),
            ToSqlOutput::Owned(Value::Blob(it)) => Some(ValueRef::Blob(it)),
            _ => None,
        }
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Refused> {
        let misfit = || {
            Err(Refused::from(format!(
                "a value does not fit the type {kind}"
            )))
        };
        match (self.value(), kind) {
            (Some(ValueRef::Null), _) => return Ok(IsNull::Yes),
            (Some(ValueRef::Integer(it)), &Type::INT8) => out.put_i64(it),
            (Some(ValueRef::Integer(it)), &Type::INT4) => out.put_i32(it.try_into()?),
            (Some(ValueRef::Integer(it)), &Type::INT2) => out.put_i16(it.try_into()?),
            (Some(ValueRef::Integer(it @ (0 | 1))), &Type::BOOL) => out.put_u8(u8::from(it == 1)),
            (Some(ValueRef::Text(it)), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => {
                out.put_slice(it);
            }
            (Some(ValueRef::Blob(it)), &Type::BYTEA) => out.put_slice(it),
            (Some(ValueRef::Real(it)), &Type::FLOAT8) => out.put_f64(it),
            _ => return misfit(),
        }
        Ok(IsNull::No)
    }

    /// What does not fit is refused above, where the value is known.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value on its way from the server, where it lies.
struct Found<'r>(ValueRef<'r>);

impl<'r> FromSql<'r> for Found<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Refused> {
        Ok(Self(match *kind {
            Type::INT8 => ValueRef::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => ValueRef::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => ValueRef::Integer(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => ValueRef::Integer(bool::from_sql(kind, raw)?.into()),
            Type::TEXT | Type::VARCHAR | Type::NAME => ValueRef::Text(raw),
            Type::BYTEA => ValueRef::Blob(raw),
            Type::FLOAT8 => ValueRef::Real(f64::from_sql(kind, raw)?),
            _ => return Err(format!("a column has the type {kind}").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Refused> {
        Ok(Self(ValueRef::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The value of a row's column, where it lies.
pub(crate) fn value<C: tokio_postgres::row::RowIndex + std::fmt::Display>(
    row: &Row,
    column: C,
) -> Result<ValueRef<'_>, Error> {
    let found: Found<'_> = row.try_get(column).map_err(Error::Postgres)?;
    Ok(found.0)
}
