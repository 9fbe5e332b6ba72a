//! Whom to call (G34): the desks of a directory, what each is for, and whether somebody answers right now. Dials nothing, and never
//! guesses hours that a directory does not give.

pub mod choice;
pub mod desk;
pub mod hours;

#[cfg(test)]
mod tests;
