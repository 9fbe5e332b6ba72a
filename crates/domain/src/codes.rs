//! Code tables of the receipt-computer interface (OQSCD001-044), gathered from public clients. Holds meanings, no rules.
//!
//! None of the tables was read in the official document; all are as public client programs use them (interface §3).
//! Tables 018 and later rest on one or two sources.

pub mod ceiling;
pub mod check;
pub mod coverage;
pub mod disease;
pub mod person;

// A macro because every table needs the same four functions over another list, which Rust gives no other way to share.
macro_rules! code_table {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$item_doc:meta])* $item:ident = $code:literal, $ja:literal, $en:literal; )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( #[doc = $ja] $(#[$item_doc])* $item, )+
        }

        impl $name {
            /// Every item, in the table's order.
            pub const ALL: &'static [Self] = &[$( Self::$item, )+];

            /// The code on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$item => $code, )+ }
            }

            /// The item of a code; `None` for a code the table does not hold.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $( $code => Some(Self::$item), )+ _ => None }
            }

            /// The meaning in Japanese.
            #[must_use]
            pub fn label_ja(self) -> &'static str {
                match self { $( Self::$item => $ja, )+ }
            }

            /// The meaning in English.
            #[must_use]
            pub fn label_en(self) -> &'static str {
                match self { $( Self::$item => $en, )+ }
            }
        }
    };
}

pub(crate) use code_table;
