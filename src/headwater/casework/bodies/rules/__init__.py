"""Pure rules of everybody who judges together: quorum, votes, recusal, composition. Panels of calls use the same."""
