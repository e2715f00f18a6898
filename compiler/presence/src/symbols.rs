//! In what a question is written: for Z3, or for nobody, where the bounds alone are to tell.

use z3::ast::{Bool, Int};

/// Numbers and claims about them as somebody writes them.
pub(crate) trait Symbols {
    /// A whole number.
    type Number: Clone;
    /// Something that is so or not.
    type Truth: Clone;

    fn number(value: i64) -> Self::Number;
    /// A number that is open, by name.
    fn open(name: &str) -> Self::Number;
    fn sum(one: &Self::Number, other: &Self::Number) -> Self::Number;
    fn difference(one: &Self::Number, other: &Self::Number) -> Self::Number;
    /// So many times as much.
    fn times(number: &Self::Number, count: i64) -> Self::Number;
    /// One number if something is so, else the other.
    fn choose(so: &Self::Truth, one: &Self::Number, other: &Self::Number) -> Self::Number;

    fn known(so: bool) -> Self::Truth;
    fn less(one: &Self::Number, other: &Self::Number) -> Self::Truth;
    fn at_most(one: &Self::Number, other: &Self::Number) -> Self::Truth;
    fn at_least(one: &Self::Number, other: &Self::Number) -> Self::Truth;
    fn not(claim: &Self::Truth) -> Self::Truth;
    fn all(claims: &[Self::Truth]) -> Self::Truth;
    fn any(claims: &[Self::Truth]) -> Self::Truth;
    /// That fewer than so many of some claims are so.
    fn fewer(claims: &[Self::Truth], count: i64) -> Self::Truth;
}

/// As terms of Z3.
pub(crate) struct InZ3;

impl Symbols for InZ3 {
    type Number = Int;
    type Truth = Bool;

    fn number(value: i64) -> Int {
        Int::from_i64(value)
    }

    fn open(name: &str) -> Int {
        Int::new_const(name)
    }

    fn sum(one: &Int, other: &Int) -> Int {
        Int::add(&[one, other])
    }

    fn difference(one: &Int, other: &Int) -> Int {
        Int::sub(&[one, other])
    }

    fn times(number: &Int, count: i64) -> Int {
        Int::mul(&[number, &Int::from_i64(count)])
    }

    fn choose(so: &Bool, one: &Int, other: &Int) -> Int {
        so.ite(one, other)
    }

    fn known(so: bool) -> Bool {
        Bool::from_bool(so)
    }

    fn less(one: &Int, other: &Int) -> Bool {
        one.lt(other)
    }

    fn at_most(one: &Int, other: &Int) -> Bool {
        one.le(other)
    }

    fn at_least(one: &Int, other: &Int) -> Bool {
        one.ge(other)
    }

    fn not(claim: &Bool) -> Bool {
        claim.not()
    }

    fn all(claims: &[Bool]) -> Bool {
        Bool::and(claims)
    }

    fn any(claims: &[Bool]) -> Bool {
        Bool::or(claims)
    }

    fn fewer(claims: &[Bool], count: i64) -> Bool {
        let (one, zero) = (Int::from_i64(1), Int::from_i64(0));
        let counted: Vec<Int> = claims.iter().map(|claim| claim.ite(&one, &zero)).collect();
        Int::add(&counted).lt(count)
    }
}

/// Not at all: what is known of a number is between which bounds it lies, and no solver is set up.
pub(crate) struct Unwritten;

impl Symbols for Unwritten {
    type Number = ();
    type Truth = ();

    fn number(_: i64) {}
    fn open(_: &str) {}
    fn sum((): &(), (): &()) {}
    fn difference((): &(), (): &()) {}
    fn times((): &(), _: i64) {}
    fn choose((): &(), (): &(), (): &()) {}
    fn known(_: bool) {}
    fn less((): &(), (): &()) {}
    fn at_most((): &(), (): &()) {}
    fn at_least((): &(), (): &()) {}
    fn not((): &()) {}
    fn all(_: &[()]) {}
    fn any(_: &[()]) {}
    fn fewer(_: &[()], _: i64) {}
}
