//! What the resolver accepts and refuses, source and messages together.

mod everything;
mod examples;
mod inventory;
mod language;
mod nonsense;
mod pages;
mod support;
mod values;
