//! Closed sets whose members have a name in messages, settings and rows. Holds no set itself.

// A macro because each set needs the same three functions over another list, which Rust gives no other way to share.
macro_rules! named {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$item_doc:meta])* $item:ident = $text:literal; )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$item_doc])* $item, )+
        }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$( Self::$item, )+];

            /// The name in messages, settings and rows: never changed, only added to.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$item => $text, )+ }
            }

            /// The member of a name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $( $text => Some(Self::$item), )+ _ => None }
            }
        }
    };
}

pub(crate) use named;
