package enum VectorIndexStub {}
