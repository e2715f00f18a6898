//! A solver in a thread of its own.
//!
//! Z3 keeps 17 MB of tables for each thread that has asked it something, until that thread ends. So it is set up
//! beside other work, and goes when nobody has a question any more, long before the last obligation is decided.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::solve::Asker;
use crate::{Answer, NewSolver, Question, System};

/// A thread that answers one question after the other.
pub struct Aside {
    /// Where questions go; `None` once it has been given up.
    questions: Option<Sender<(System, Question)>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Aside {
    /// Sets a solver up, while whoever starts it does something else.
    pub fn start(new_solver: NewSolver) -> Self {
        let (questions, asked) = channel::<(System, Question)>();
        let (answer, answers) = channel();
        let solve = move || {
            let asker = Asker::new(new_solver());
            asker.warm_up();
            for (system, question) in asked {
                // Who asks waits for the answer.
                let _ = answer.send(asker.solve(&system, &question, true));
            }
        };
        Self {
            questions: Some(questions),
            answers,
            thread: Some(thread::spawn(solve)),
        }
    }

    /// Answers one question; `None` if it has been given up.
    pub(crate) fn solve(&mut self, system: &System, question: &Question) -> Option<Answer> {
        let questions = self.questions.as_ref()?;
        let asked = questions.send((system.clone(), question.clone())).is_ok();
        let answer = self.answers.recv().ok().filter(|_| asked);
        if answer.is_none() {
            // It has panicked: that goes on here.
            self.end();
        }
        answer
    }

    /// Lets the thread end, and does not wait for that.
    pub(crate) fn give_up(&mut self) {
        self.questions = None;
    }

    fn end(&mut self) {
        self.questions = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// A process must not end while Z3 is at work.
impl Drop for Aside {
    fn drop(&mut self) {
        self.end();
    }
}
