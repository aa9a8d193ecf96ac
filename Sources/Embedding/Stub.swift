package enum EmbeddingStub {}
