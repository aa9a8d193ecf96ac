#!/usr/bin/env python3
"""Measure Hark's embedding model beside ONNX Runtime, in turns on one machine, and print ratios.

  python3 -m venv venv && venv/bin/pip install -r requirements.txt
  venv/bin/python embedding.py --texts chunks.jsonl

The peer computes the same model from the same weights, as a graph of the fused operators that its
own transformer tools would arrive at: once in float32, once with the weights of all products in
int8 and activations quantised as they come. It gets one text a call, which is its fastest here, as
nothing is padded and its threads share each product. Hark is timed by `hark bench embed`.

All are timed in turns, Hark, float32, int8, Hark, …, on one thread and on two; in each turn the
median of three calls over all texts counts, and of the turns the median. Tokenizing is not counted.
A query is the same ten tokens everywhere, on one thread; Hark's time includes tokenizing them.

--json PATH keeps the figures.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

CALLS, QUERIES = 3, 400
QUERY = "Who approves business trips to Korea?"
FUSED = "com.microsoft"


class Weights:
    """The tensors of a safetensors file, by name."""

    def __init__(self, path):
        self.bytes = np.memmap(path, dtype=np.uint8, mode="r")
        size = int.from_bytes(self.bytes[:8].tobytes(), "little")
        self.entries = json.loads(self.bytes[8 : 8 + size].tobytes())
        self.start = 8 + size

    def __getitem__(self, name):
        entry = self.entries[name]
        first, last = (self.start + offset for offset in entry["data_offsets"])
        return self.bytes[first:last].view(np.float32).reshape(entry["shape"])


class Encoder:
    """A BERT encoder with mean pooling as an ONNX graph: the tokens of one text to its vector."""

    def __init__(self, folder):
        with open(f"{folder}/config.json") as file:
            self.configuration = json.load(file)
        self.weights = Weights(f"{folder}/model.safetensors")
        self.nodes, self.constants = [], []

    def model(self):
        width = self.configuration["hidden_size"]
        state = self.embedded()
        for number in range(self.configuration["num_hidden_layers"]):
            state = self.layer(state, f"encoder.layer.{number}.")
        mean = self.node("ReduceMean", [state], axes=[1], keepdims=0)
        self.node("LpNormalization", [mean], output="vector", axis=1, p=2)
        graph = helper.make_graph(
            self.nodes, "encoder",
            [helper.make_tensor_value_info("tokens", TensorProto.INT32, [1, "length"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, width])],
            self.constants)
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)

    def embedded(self):
        """Of a text there is one segment, so its embedding is as well added to the positions'."""
        weights = self.weights
        positions = (weights["embeddings.position_embeddings.weight"]
                     + weights["embeddings.token_type_embeddings.weight"][0])
        words = self.constant(weights["embeddings.word_embeddings.weight"])
        return self.node(
            "EmbedLayerNormalization",
            ["tokens", "", words, self.constant(positions), "", *self.norm("embeddings.")],
            domain=FUSED, outputs=2, epsilon=self.configuration["layer_norm_eps"])

    def layer(self, state, name):
        attention = name + "attention."
        parts = [attention + f"self.{part}." for part in ("query", "key", "value")]
        weight = np.concatenate([self.weights[part + "weight"] for part in parts]).T
        bias = np.concatenate([self.weights[part + "bias"] for part in parts])
        context = self.node(
            "Attention", [state, self.constant(weight), self.constant(bias)], domain=FUSED,
            num_heads=self.configuration["num_attention_heads"])
        state = self.added(state, context, attention + "output.")
        inner = self.product(state, name + "intermediate.dense.")
        bias = self.constant(self.weights[name + "intermediate.dense.bias"])
        active = self.node("BiasGelu", [inner, bias], domain=FUSED)
        return self.added(state, active, name + "output.")

    def added(self, state, input, name):
        """A product and its bias, added to the state, which is normalised then."""
        bias = self.constant(self.weights[name + "dense.bias"])
        return self.node(
            "SkipLayerNormalization",
            [self.product(input, name + "dense."), state, *self.norm(name), bias], domain=FUSED,
            epsilon=self.configuration["layer_norm_eps"])

    def product(self, input, name):
        return self.node("MatMul", [input, self.constant(self.weights[name + "weight"].T)])

    def norm(self, name):
        parts = [f"{name}LayerNorm.{part}" for part in ("weight", "bias")]
        return [self.constant(self.weights[part]) for part in parts]

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind, inputs, output=None, outputs=1, **attributes):
        names = [output or f"state{len(self.nodes)}"]
        names += [f"{names[0]}_{place}" for place in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0]


def quantized(model):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # It advises to run a step before that this graph does not need.
    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/float32.onnx", f"{folder}/int8.onnx"
        onnx.save(model, source)
        quantize_dynamic(
            source, target, op_types_to_quantize=["MatMul", "Attention"], per_channel=True,
            weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT})
        return onnx.load(target)


class Peer:
    def __init__(self, model, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def vector(self, tokens):
        return self.session.run(None, {"tokens": tokens})[0][0]

    def seconds(self, texts):
        return statistics.median(self.timed(lambda: [self.vector(text) for text in texts], CALLS))

    def query(self, tokens):
        return statistics.median(self.timed(lambda: self.vector(tokens), QUERIES)) * 1e3

    @staticmethod
    def timed(call, count):
        times = []
        for _ in range(count):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return times


def tokenizer(folder):
    with open(f"{folder}/sentence_bert_config.json") as file:
        longest = json.load(file)["max_seq_length"]
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    return lambda texts: [
        np.array([encoding.ids], dtype=np.int32) for encoding in tokenizer.encode_batch(texts)]


def hark(arguments, *command):
    full = [arguments.hark, *command, "--model", arguments.model, "--json"]
    return json.loads(subprocess.run(full, check=True, capture_output=True, text=True).stdout)


def hark_vectors(arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vectors.npy")
        hark(arguments, "embed", "--input", arguments.texts, "--output", path)
        return np.load(path)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--texts", required=True, help="a JSON string a line, or an object with 'text'")
    parser.add_argument("--model", default="models/all-MiniLM-L6-v2")
    parser.add_argument("--hark", default=".build/release/hark")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    arguments = parser.parse_args()

    with open(arguments.texts, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    texts = [line["text"] if isinstance(line, dict) else line for line in lines]
    tokenize = tokenizer(arguments.model)
    inputs, query = tokenize(texts), tokenize([QUERY])[0]
    tokens = sum(input.size for input in inputs)

    model = Encoder(arguments.model).model()
    models = {"onnx float32": model, "onnx int8": quantized(model)}
    peers = {
        threads: {name: Peer(model, threads) for name, model in models.items()}
        for threads in (1, 2)}
    vectors = {"hark": hark_vectors(arguments)} | {
        name: np.stack([peer.vector(input) for input in inputs])
        for name, peer in peers[2].items()}
    cosines = {
        name: np.sum(vectors[name] * vectors["onnx float32"], axis=1)
        for name in ("hark", "onnx int8")}

    figures = {name: {"1": [], "2": [], "query": []} for name in ("hark", *models)}
    for _ in range(arguments.rounds):
        for threads in (1, 2):
            run = hark(
                arguments, "bench", "embed", "--texts", arguments.texts, "--threads", str(threads),
                "--rounds", str(CALLS))
            if run["tokens"] != tokens:
                raise SystemExit(f"hark reads {run['tokens']} tokens, and its peer {tokens}")
            figures["hark"][str(threads)].append(run["tokens_per_s"])
            if threads == 1:
                figures["hark"]["query"].append(run["p50_ms"])
            for name, peer in peers[threads].items():
                figures[name][str(threads)].append(tokens / peer.seconds(inputs))
                if threads == 1:
                    figures[name]["query"].append(peer.query(query))

    print(f"{len(texts):,} texts, {tokens:,} tokens; {run['machine']}; hark {run['precision']}, "
          f"kernels {run['kernels']}; onnxruntime {onnxruntime.__version__}; "
          f"{arguments.rounds} rounds in turns")
    median = {
        name: {row: statistics.median(values) for row, values in figure.items()}
        for name, figure in figures.items()}
    print(f"{'':16}" + "".join(f"{name:>22}" for name in median))
    mine = median["hark"]
    for threads in ("1", "2"):
        print(f"{f'tokens/s on {threads}':16}" + "".join(
            f"{its[threads]:12,.0f} ({mine[threads] / its[threads]:5.2f} x)"
            for its in median.values()))
    print(f"{'query p50, ms':16}" + "".join(
        f"{its['query']:12.2f} ({its['query'] / mine['query']:5.2f} x)" for its in median.values()))
    print("In brackets: Hark's tokens a second over the peer's, and the peer's time over Hark's.")
    for name, values in cosines.items():
        print(f"Cosine of {name} with onnx float32: {values.mean():.5f}, "
              f"at least {values.min():.5f}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"hark": run, "figures": figures, "cosines": {
                name: {"mean": float(values.mean()), "least": float(values.min())}
                for name, values in cosines.items()}}, file, indent=1)


if __name__ == "__main__":
    main()
