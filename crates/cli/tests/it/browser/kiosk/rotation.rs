//! A rotation of the reader's secret that an administrator asks for while a patient stands at the reader: it waits, and disturbs nobody.

use super::super::Walk;
use super::CLINIC;
use crate::running::PATIENCE;

impl Walk {
    /// How far the rotation of the reader's secret is.
    async fn rotation_stage(&self, token: &str) -> String {
        let all = self.client().rotations(token).await.unwrap().rotations;
        let reader = all.into_iter().find(|it| it.account == "reader");
        reader.unwrap().stage
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_waits_until_the_patient_has_gone_and_the_next_is_served() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.place("everything");
    walk.screen("method").await;
    let token = walk.center_token("administrator").await;
    walk.client().ask_rotation(&token, "reader").await.unwrap();
    let still = async |walk: &Walk| assert_ne!(walk.rotation_stage(&token).await, "done");
    still(&walk).await;
    walk.choose("pin").await;
    still(&walk).await;
    walk.type_pin("1234").await;
    walk.agree_to_all().await;
    // Whoever reads the result is still at the reader.
    still(&walk).await;
    walk.see(&["確認が完了しました"]).await;
    walk.take();
    walk.screen("welcome").await;
    let over = async {
        while walk.rotation_stage(&token).await != "done" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.unwrap();
    walk.identify("valid").await;
    walk.agree_to_all().await;
    walk.see(&["見本　一花 様"]).await;
    walk.end().await;
}
