"""Forms: what asks people anything, whatever it is about. Questions, conditions, answers, versions, documents to sign."""
