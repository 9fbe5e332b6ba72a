//! One insured period with one insurer.
