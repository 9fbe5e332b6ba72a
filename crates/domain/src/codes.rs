//! Code tables of the receipt-computer interface.
