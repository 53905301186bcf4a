//! What is said about wrong files, word for word.

use super::said;

#[test]
fn bad() {
    println!("{}", said(&[("deadlines.toml", "on = 2017-12-01", "on = 2017-11-31")]));
    println!("{}", said(&[("deadlines.toml", "on = 2017-12-01", "on = \"2017-12-01\"")]));
    println!("{}", said(&[("deadlines.toml", "on = 2017-12-01", "on = 2017-12-")]));
    println!("{}", said(&[("deadlines.toml", "id = \"challenge-event-2017\"", "id = challenge-event-2017")]));
    println!("{}", said(&[("quarterdeck.toml", "state = \"state\"", "stat = \"state\"\nfrob = 1")]));
}
