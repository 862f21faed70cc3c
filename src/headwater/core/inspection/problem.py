class Problem(Exception):
    """Why a file is refused; `code` is a key of `PROBLEMS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
