//! The shipped font: rare kanji and their variants are drawn, by our file and no other.

use serde_json::{Value, json};

use super::Walk;

/// Kanji of names, of all four levels of JIS X 0213, of planes 0 and 2.
const KANJI: &str = "髙﨑德𠮷濵瀨邊邉齋齊藤桒栁曻﨔槗槇槙昻晧祐祥神福羽逸都隆﨟塚増寛敏既晴朗栁梅海渚漢煮琢碑社祉祈祖祝禍禎穀突節練縁繁署者臭著褐視謁謹賓贈逸難響頻\
    亜唖娃阿哀愛挨姶逢葵茜穐悪握渥旭葦芦鯵梓弌丐丕个丱丶丼丿乂乖乘亂亅豫亊舒弍于亞亟俱𠀋㐂𠂉丨丯丰亍仡份仿伃伋你佈佉侗侮俏倁倐倘偂僙\
    𡈽𡌛𡑮𡢽𠠇𠠺𠹭𥆩𥇍𥇥𥈞𥉌𥐮𥓙𥖧𥞩𥞴𥧄𥧔𥫤𥫣𥱋𥻘𥻂𨉷𨏍𨐌𨑕𨕫𨗈𨗉𨛗𨛺𨥉𨥆𨥫𨦇𨦈𨦺𨦻𨨞𨨩𨩱𨩃𨪙𨫍𨫤𨫝𨯁𨯯𨴐𨵱𩗏𩙿𩛰";

/// Characters with a variation selector of Adobe-Japan1 that asks for another form than the usual one.
const VARIANTS: [&str; 12] = [
    "葛\u{E0100}",
    "辻\u{E0100}",
    "樋\u{E0100}",
    "邉\u{E0101}",
    "邉\u{E0102}",
    "邉\u{E0103}",
    "邉\u{E0104}",
    "邉\u{E0105}",
    "邊\u{E0101}",
    "邊\u{E0102}",
    "邊\u{E0103}",
    "邊\u{E0104}",
];

/// Puts each text into an element of its own, in both weights, and waits until the fonts are there.
async fn write(walk: &Walk, texts: &[String]) {
    let script = "const done = arguments[arguments.length - 1], main = document.querySelector('main');
        main.replaceChildren(...arguments[0].flatMap(text => ['p', 'strong'].map(tag => {
          const it = document.createElement(tag); it.className = 'tried'; it.textContent = text; return it; })));
        document.fonts.ready.then(() => done(true))";
    let done = walk
        .browser
        .execute_async(script, vec![json!(texts)])
        .await
        .unwrap();
    assert_eq!(done, json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_rare_characters_are_drawn_by_our_font_alone() {
    let walk = Walk::start().await;
    walk.open("").await;
    let mut texts: Vec<String> = KANJI
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(String::from)
        .collect();
    texts.extend(VARIANTS.map(str::to_owned));
    assert!(200 <= texts.len(), "{} characters", texts.len());
    write(&walk, &texts).await;
    walk.devtools("DOM.enable", json!({})).await;
    walk.devtools("CSS.enable", json!({})).await;
    let document = walk.devtools("DOM.getDocument", json!({"depth": 0})).await;
    let tried = walk
        .devtools(
            "DOM.querySelectorAll",
            json!({"nodeId": document["root"]["nodeId"], "selector": ".tried"}),
        )
        .await;
    let nodes: Vec<Value> = tried["nodeIds"].as_array().unwrap().clone();
    assert_eq!(nodes.len(), 2 * texts.len());
    for (place, node) in nodes.iter().enumerate() {
        let fonts = walk
            .devtools("CSS.getPlatformFontsForNode", json!({"nodeId": node}))
            .await;
        let fonts = fonts["fonts"].as_array().unwrap();
        let text = &texts[place / 2];
        // A font of the page's own, one glyph for the whole sequence: nothing from the system, no selector left over.
        assert_eq!(fonts.len(), 1, "{text}: {fonts:?}");
        assert_eq!(fonts[0]["isCustomFont"], json!(true), "{text}: {fonts:?}");
        assert_eq!(fonts[0]["glyphCount"], json!(1), "{text}: {fonts:?}");
    }
    // No glyph is the font's own "missing" box, and every selector changes the form.
    let script = "const draw = text => { const c = document.createElement('canvas'); c.width = c.height = 64;
          const g = c.getContext('2d'); g.font = '48px \"Onshi Sans\"'; g.fillText(text, 4, 52); return c.toDataURL(); };
        const missing = draw('\\uE000'), blank = draw(' ');
        return {missing: arguments[0].filter(t => [missing, blank].includes(draw(t))),
          same: arguments[1].filter(t => draw(t) === draw(t.slice(0, 1))),
          forms: new Set(arguments[1].map(draw)).size}";
    let found = walk
        .browser
        .execute(script, vec![json!(texts), json!(VARIANTS)])
        .await
        .unwrap();
    assert_eq!(
        found,
        json!({"missing": [], "same": [], "forms": VARIANTS.len()})
    );
    walk.end().await;
}
