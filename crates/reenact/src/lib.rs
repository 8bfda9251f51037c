//! Run new code of a data-pipeline step on production's inputs and prove that its output is as good.
