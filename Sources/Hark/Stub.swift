package enum HarkStub {}
