//! What the resolver accepts and refuses, source and messages together.

mod classes;
mod demands;
mod everything;
mod examples;
mod inventory;
mod language;
mod nonsense;
mod pages;
mod scenarios;
mod steps;
#[cfg(test)]
mod support;
mod values;
