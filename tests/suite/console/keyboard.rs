//! The wizard by keyboard alone: from the sign-in page to the submitted claim, and the focus is seen all the way.

use serde_json::{Value, json};

use super::demonstration;
use super::journeys::ENTERPRISE;
use super::webdriver::{DOWN, Driver, ENTER, SPACE, TAB};

/// What has the focus: whether it is the one that was looked for, and whether somebody who looks finds it.
const FOCUS: &str = "
    var at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    var within = function (low, high, most) { return (Math.max(low, 0) + Math.min(high, most)) / 2; };
    var x = within(box.left, box.right, innerWidth), y = within(box.top, box.bottom, innerHeight);
    var over = document.elementFromPoint(x, y);
    return {
        is: at.matches(arguments[0]),
        lost: at === document.body,
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        shown: box.width > 0 && box.height > 0 && !!over && (at.contains(over) || over.contains(at)),
        what: at.outerHTML.slice(0, 200),
    };";

fn focus(driver: &Driver, css: &str) -> Value {
    driver.run(FOCUS, &json!([css]))
}

/// Tabs on to an element; wherever the focus stops in between, it is seen.
#[track_caller]
fn tab_to(driver: &Driver, css: &str) {
    driver.find(css);
    for _ in 0..150 {
        driver.key(TAB);
        let focus = focus(driver, css);
        assert_eq!(focus["lost"], false, "the focus is lost on the way to {css}");
        assert_eq!((&focus["outlined"], &focus["shown"]), (&json!(true), &json!(true)), "{focus}");
        if focus["is"] == true {
            return;
        }
    }
    panic!("the keyboard does not come to {css}");
}

/// Goes past the menu, by the link that stands first.
fn skip_to_content(driver: &Driver) {
    driver.find("a.skip");
    driver.key(TAB);
    assert_eq!(focus(driver, "a.skip")["is"], true, "the first stop leads past the menu");
    driver.key(ENTER);
}

fn type_keys(driver: &Driver, text: &str) {
    text.chars().for_each(|c| driver.key(&c.to_string()));
}

#[test]
fn a_claim_is_filed_with_the_keyboard_alone() {
    let Some(driver) = Driver::start(true) else { return };
    let (_place, demo) = demonstration();
    driver.open(&format!("{}/sign-in?lang=zh", demo.url));
    tab_to(&driver, &format!("button.person[value='{ENTERPRISE}']"));
    driver.key(ENTER);
    tab_to(&driver, "nav.side a[href='/claims/new']");
    driver.key(ENTER);
    driver.find("a[href^='/claims/new?.voucher']");
    skip_to_content(&driver);
    tab_to(&driver, "a[href^='/claims/new?.voucher']");
    driver.key(ENTER);

    // sent without its amount, the form comes back with the focus on what is wrong, and a link to the field
    driver.find("[name='/settlement/0/item']");
    skip_to_content(&driver);
    tab_to(&driver, "[name='/settlement/0/item']");
    driver.key(DOWN);
    tab_to(&driver, "form.act button.main");
    driver.key(ENTER);
    driver.find("#problem");
    assert_eq!(focus(&driver, "#problem")["is"], true, "{}", focus(&driver, "#problem"));
    tab_to(&driver, "#problem a");
    driver.key(ENTER);
    let amount = "[name='/settlement/0/amount']";
    assert_eq!(focus(&driver, amount)["is"], true, "the link leads to the field: {}", focus(&driver, amount));
    type_keys(&driver, "30000.00");
    tab_to(&driver, "form.act button.main");
    driver.key(ENTER);

    driver.done();
    driver.says("dd.big", "6,000.00");
    skip_to_content(&driver);
    tab_to(&driver, "input[name='.promise']");
    driver.key(SPACE);
    tab_to(&driver, "form.act button.main");
    driver.key(ENTER);
    driver.find("//h1[contains(., '待审核')]");
    driver.done();
    assert_eq!(driver.complaints(), Vec::<String>::new());
}
