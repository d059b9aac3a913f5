"""Fees (使用料): rules as data, what they charge in exact amounts, estimates with the rule beside them."""
