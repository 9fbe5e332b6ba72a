//! The parts between a patient's card and the center, as the guide draws them (G34): a chain, and what stands beside it. Says nothing of
//! a model or a maker; those are the inventory's.

use crate::named::named;

named! {
    /// A part of the guide's picture.
    ///
    /// ```
    /// use domain::equipment::Part;
    /// assert_eq!(Part::parse("router"), Some(Part::Router));
    /// assert_eq!(Part::LineTerminator.label_ja(), "回線終端装置");
    /// ```
    Part {
        /// 顔認証付きカードリーダー, or the card reader of a PC.
        Reader = "reader";
        /// オン資用パソコン.
        Pc = "pc";
        /// オンライン資格確認: the software on the PC.
        Software = "software";
        /// HUB.
        Hub = "hub";
        /// ルータ.
        Router = "router";
        /// 回線終端装置.
        LineTerminator = "line_terminator";
        /// 光配線板等.
        OpticalWiring = "optical_wiring";
        /// 光ファイバー.
        Fibre = "fibre";
        /// 収容ビル.
        ExchangeBuilding = "exchange_building";
        /// オンライン資格確認等システム.
        Center = "center";
        /// ディスプレイ.
        Display = "display";
        /// パソコン切替機.
        DisplaySwitch = "display_switch";
        /// レセコン.
        ReceiptComputer = "receipt_computer";
        /// モバイル端末.
        Mobile = "mobile";
    }
}

impl Part {
    /// The chain from the card to the center, in order.
    pub const CHAIN: [Self; 10] = [
        Self::Reader,
        Self::Pc,
        Self::Software,
        Self::Hub,
        Self::Router,
        Self::LineTerminator,
        Self::OpticalWiring,
        Self::Fibre,
        Self::ExchangeBuilding,
        Self::Center,
    ];

    /// What stands beside the chain.
    pub const BESIDE: [Self; 4] = [
        Self::Display,
        Self::DisplaySwitch,
        Self::ReceiptComputer,
        Self::Mobile,
    ];

    /// What a facility's inventory may hold (G39).
    pub const DEVICES: [Self; 9] = [
        Self::Pc,
        Self::Display,
        Self::DisplaySwitch,
        Self::Reader,
        Self::Hub,
        Self::Router,
        Self::LineTerminator,
        Self::ReceiptComputer,
        Self::Mobile,
    ];

    /// Name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Reader => "カードリーダー",
            Self::Pc => "パソコン",
            Self::Software => "オンライン資格確認（ソフトウェア）",
            Self::Hub => "HUB",
            Self::Router => "ルータ",
            Self::LineTerminator => "回線終端装置",
            Self::OpticalWiring => "光配線板等",
            Self::Fibre => "光ファイバー",
            Self::ExchangeBuilding => "収容ビル",
            Self::Center => "センター",
            Self::Display => "ディスプレイ",
            Self::DisplaySwitch => "パソコン切替機",
            Self::ReceiptComputer => "レセコン",
            Self::Mobile => "モバイル端末",
        }
    }

    /// Name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Reader => "card reader",
            Self::Pc => "PC",
            Self::Software => "eligibility software",
            Self::Hub => "hub",
            Self::Router => "router",
            Self::LineTerminator => "line terminator",
            Self::OpticalWiring => "optical wiring",
            Self::Fibre => "optical fibre",
            Self::ExchangeBuilding => "exchange building",
            Self::Center => "center",
            Self::Display => "display",
            Self::DisplaySwitch => "display switch",
            Self::ReceiptComputer => "receipt computer",
            Self::Mobile => "mobile device",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_in_the_chain_or_beside_it() {
        for part in Part::ALL {
            let places = Part::CHAIN.iter().chain(&Part::BESIDE);
            assert_eq!(places.filter(|it| *it == part).count(), 1, "{part:?}");
        }
    }
}
