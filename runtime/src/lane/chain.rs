// SPDX-License-Identifier: Apache-2.0
//! A branch's processors and encoders as tuples: fan-out without a trait object.

use crate::component::Processes;
use crate::signal::{Admission, Encode, Refused, Series, Signal};

/// Up to eight processors in a row, for one signal.
pub trait Chain<S: Signal>: Send + 'static {
    /// How many.
    const LEN: usize;
    /// Whether one of them changes what `admit` does not see.
    const REWRITES: bool;

    /// Shows a series or a record to each in turn; gives the place of the one that dropped it.
    fn admit(&mut self, draft: &mut S::Draft<'_>) -> Result<(), usize>;

    /// Lets each change the values of a tick.
    fn process(&mut self, batch: &mut S::Batch);
}

/// Up to eight encoders side by side, for one signal.
pub trait Encoders<S: Signal>: Send + 'static {
    /// Shows a series to each; says whether one took it. Refusals go to `refused`.
    fn admit(&mut self, index: u32, series: &Series, refused: &mut Vec<Refused>) -> bool;

    /// Ends a series.
    fn retire(&mut self, index: u32);

    /// Encodes a tick; gives how many items were not taken, over all of them.
    fn encode(&mut self, batch: &S::Batch) -> usize;

    /// What to call from another thread when the lane is given up.
    fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>);
}

macro_rules! tuples {
    ($($name:ident . $at:tt),*) => {
        impl<Sig: Signal, $($name: Processes<Sig>),*> Chain<Sig> for ($($name,)*) {
            const LEN: usize = <[&str]>::len(&[$(stringify!($name)),*]);
            const REWRITES: bool = false $(|| $name::REWRITES)*;

            #[allow(unused_variables, reason = "the empty chain")]
            #[inline]
            fn admit(&mut self, draft: &mut Sig::Draft<'_>) -> Result<(), usize> {
                $(if self.$at.admit(draft) == Admission::Drop {
                    return Err($at);
                })*
                Ok(())
            }

            #[allow(unused_variables, reason = "the empty chain")]
            #[inline]
            fn process(&mut self, batch: &mut Sig::Batch) {
                $(if $name::REWRITES {
                    self.$at.process(batch);
                })*
            }
        }

        impl<Sig: Signal, $($name: Encode<Sig>),*> Encoders<Sig> for ($($name,)*) {
            #[allow(unused_variables, reason = "the empty tuple")]
            fn admit(&mut self, index: u32, series: &Series, refused: &mut Vec<Refused>) -> bool {
                #[allow(unused_mut, reason = "the empty tuple")]
                let mut taken = false;
                $(match self.$at.admit(index, series) {
                    Ok(()) => taken = true,
                    Err(why) => refused.push(why),
                })*
                taken
            }

            #[allow(unused_variables, reason = "the empty tuple")]
            fn retire(&mut self, index: u32) {
                $(self.$at.retire(index);)*
            }

            #[allow(unused_variables, reason = "the empty tuple")]
            #[inline]
            fn encode(&mut self, batch: &Sig::Batch) -> usize {
                0 $(+ self.$at.encode(batch))*
            }

            #[allow(unused_variables, reason = "the empty tuple")]
            fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>) {
                $(handles.extend(self.$at.on_abandon());)*
            }
        }
    };
}

tuples!();
tuples!(A.0);
tuples!(A.0, B.1);
tuples!(A.0, B.1, C.2);
tuples!(A.0, B.1, C.2, D.3);
tuples!(A.0, B.1, C.2, D.3, E.4);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5, G.6);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7);
