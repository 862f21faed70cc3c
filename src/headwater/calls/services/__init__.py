"""Commands of calls: every change of state of a call or an application is one of these functions."""
