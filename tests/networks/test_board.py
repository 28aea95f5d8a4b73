"""The board network: its graph says what Keras says, with weights in half precision too, and nearly so in 8 bits."""

import keras
import numpy as np
import onnx
import pytest
from keras import ops

from gru_toolkit.networks.board import (
    BoardNetworkConfig,
    LinesOfSight,
    MoveScores,
    build_board_network,
    build_game_network,
    step_model,
)
from gru_toolkit.networks.initialise import generator, initialise
from gru_toolkit.networks.onnx_eight_bits import with_eight_bit_weights
from gru_toolkit.networks.onnx_flat import with_flat_products
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.onnx_half import half_values, with_half_weights
from gru_toolkit.networks.parity import compare
from gru_toolkit.networks.session import next_states, open_session, predict
from gru_toolkit.networks.variables import to_numpy

SMALL = BoardNetworkConfig(channels=8, blocks=1, units=16, summary=2, score=8)


def inputs(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "pieces": rng.integers(0, 13, (3, 64)).astype(np.int32) + 13 * np.arange(64, dtype=np.int32),
        "marks": (rng.random((3, 64, SMALL.marks)) < 0.1).astype(np.float32),
        "sights": (rng.random((3, 128, 64)) < 0.1).astype(np.float32),
        "scalars": rng.normal(size=(3, SMALL.scalars)).astype(np.float32),
    }


def model_with_half_values() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = step_model(build_board_network(SMALL))
    for variable in model.weights:
        variable.assign(half_values(0.5 * to_numpy(variable)))
    return model


def test_the_graph_carries_the_state_and_equals_keras() -> None:
    model = model_with_half_values()
    graph = convert(model, state=True)
    assert compare(model, graph.SerializeToString(), inputs(generator(1, "board"))).max_error <= 1e-5


def test_half_weights_halve_the_file_and_change_nothing() -> None:
    model = model_with_half_values()
    graph = convert(model, state=True)
    half = with_half_weights(graph)
    assert half.ByteSize() < 0.6 * graph.ByteSize()
    assert compare(model, half.SerializeToString(), inputs(generator(2, "board"))).max_error <= 1e-5


def test_a_weight_beyond_half_precision_is_refused() -> None:
    with pytest.raises(AssertionError, match="half precision"):
        half_values(np.array([1e6], np.float32))


def eight_bits(graph: onnx.ModelProto) -> onnx.ModelProto:
    return with_eight_bit_weights(graph, least=32 * 32)


def test_eight_bit_weights_are_a_third_of_the_file_and_nearly_the_same() -> None:
    model = model_with_half_values()
    graph, given = convert(model, state=True), inputs(generator(5, "board"))
    rounded = eight_bits(graph)
    products = [node for node in rounded.graph.node if node.op_type == "MatMulNBits"]
    assert len(products) == 4  # both blocks' boards, the summary, and the recalled squares
    assert all(len(node.input) == 6 for node in products), "each took the bias that was added to it"
    assert with_half_weights(rounded).ByteSize() < 0.4 * graph.ByteSize()
    exact, nearly = (predict(open_session(g.SerializeToString(), 1), given) for g in (graph, rounded))
    for name, value in exact.items():
        assert np.abs(nearly[name] - value).max() < 0.02 * np.abs(value).max(), name
    assert not np.array_equal(exact["scores"], nearly["scores"])


def test_eight_bit_weights_with_half_scales_change_no_further() -> None:
    rounded, given = eight_bits(convert(model_with_half_values(), state=True)), inputs(generator(6, "board"))
    kept = predict(open_session(rounded.SerializeToString(), 1), given)
    half = predict(open_session(with_half_weights(rounded).SerializeToString(), 1), given)
    for name, value in kept.items():
        np.testing.assert_array_equal(half[name], value)


def test_a_row_in_eight_bits_is_the_same_alone_and_in_a_batch() -> None:
    graph, given = eight_bits(convert(model_with_half_values(), state=True)), inputs(generator(7, "board"))
    given["scalars"][1] *= 30  # a row of other size beside it
    session = open_session(graph.SerializeToString(), 1)
    together = predict(session, given)["scores"]
    for row in range(len(together)):
        alone = predict(session, {name: value[row : row + 1] for name, value in given.items()})["scores"][0]
        np.testing.assert_allclose(together[row], alone, rtol=1e-4, atol=1e-4)


def test_a_matrix_of_zeros_stays_one_in_eight_bits() -> None:
    model = model_with_half_values()
    for variable in model.weights:
        variable.assign(np.zeros(variable.shape))
    rounded = eight_bits(convert(model, state=True))
    found = predict(open_session(rounded.SerializeToString(), 1), inputs(generator(8, "board")))
    assert not found["scores"].any()


def test_flat_products_say_the_same_with_fewer_operations() -> None:
    graph, given = convert(model_with_half_values(), state=True), inputs(generator(9, "board"))
    flat = with_flat_products(graph)
    assert sum(node.op_type == "Gemm" for node in flat.graph.node) == 16  # five in each of two blocks, six beside them
    assert len(flat.graph.node) < 0.95 * len(graph.graph.node)
    before, after = (predict(open_session(one.SerializeToString(), 1), given) for one in (graph, flat))
    for name, value in before.items():
        np.testing.assert_allclose(after[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def graph_of(nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """From x (B, 4, 6) to y, whatever its shape."""
    given, found = onnx.helper.make_tensor_value_info("x", 1, ["B", 4, 6]), onnx.ValueInfoProto(name="y")
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = onnx.helper.make_graph([*nodes, node("Identity", "last", "y")], "graph", [given], [found], stored)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    return onnx.shape_inference.infer_shapes(model)


def node(operation: str, *names: str) -> onnx.NodeProto:
    """An operation from all names but the last to the last."""
    return onnx.helper.make_node(operation, names[:-1], names[-1:])


@pytest.mark.parametrize(
    ("nodes", "operations"),
    [
        (  # read twice, once before its bias
            [node("MatMul", "x", "w", "p"), node("Add", "p", "b", "q"), node("Mul", "p", "q", "last")],
            ["Reshape", "Gemm", "Reshape", "Add", "Mul"],
        ),
        (  # a sum of two products
            [node("MatMul", "x", "w", "p"), node("MatMul", "x", "v", "q"), node("Add", "p", "q", "last")],
            ["Reshape", "Gemm", "Gemm", "Reshape"],
        ),
        (  # a sum that broadcasts over rows
            [node("MatMul", "x", "w", "p"), node("Add", "row", "p", "last")],
            ["Reshape", "Gemm", "Reshape", "Add"],
        ),
        (  # a sum with one tensor of the product's shape for the whole batch
            [node("MatMul", "x", "w", "p"), node("Relu", "sheet", "r"), node("Add", "p", "r", "last")],
            ["Relu", "Reshape", "Gemm", "Reshape", "Add"],
        ),
        (  # what has another shape in the end
            [node("MatMul", "x", "w", "p"), node("Relu", "p", "r"), node("Reshape", "r", "flat", "last")],
            ["Reshape", "Gemm", "Relu", "Reshape"],
        ),
        (
            [node("Relu", "x", "r"), node("Reshape", "r", "flat", "s"), node("Tanh", "s", "last")],
            ["Relu", "Reshape", "Tanh"],
        ),
    ],
)
def test_what_is_near_a_flat_product_keeps_its_meaning(nodes: list[onnx.NodeProto], operations: list[str]) -> None:
    rng = generator(10, "board")
    weights = {
        "w": rng.normal(size=(6, 6)),
        "v": rng.normal(size=(6, 6)),
        "b": rng.normal(size=6),
        "row": rng.normal(size=(1, 4, 1)),
        "sheet": rng.normal(size=(1, 4, 6)),
    }
    used = {name for one in nodes for name in one.input}
    held = {name: value.astype(np.float32) for name, value in weights.items() if name in used}
    if "flat" in used:
        held["flat"] = np.array([0, 24])
    graph = graph_of(nodes, held)
    flat = with_flat_products(graph)
    assert [one.op_type for one in flat.graph.node] == [*operations, "Identity"]
    given = {"x": rng.normal(size=(3, 4, 6)).astype(np.float32)}
    before, after = (predict(open_session(one.SerializeToString(), 1), given)["y"] for one in (graph, flat))
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-6)


def test_a_square_gathers_what_it_sees() -> None:
    layer = LinesOfSight(1)
    layer.build((None, 64, 1), (None, 128, 64))
    layer.kernel.assign([[0.0]])
    layer.seen_kernel.assign([[1.0], [10.0]])
    squares, sights = np.zeros((1, 64, 1), np.float32), np.zeros((1, 128, 64), np.float32)
    squares[0, 5], squares[0, 9] = 2.0, 3.0
    sights[0, 2 * 7, 5] = 1  # square 7 sees 5 along its rank or file, and 9 along a diagonal
    sights[0, 2 * 7 + 1, 9] = 1
    seen = ops.convert_to_numpy(layer(squares, sights))[0, :, 0]
    assert seen[7] == 2.0 + 10 * 3.0
    assert np.flatnonzero(seen).tolist() == [7]


def test_a_move_is_scored_by_its_two_squares() -> None:
    layer = MoveScores(4)
    layer.build((None, 64, 1))
    layer.start_kernel.assign(np.ones((1, 4)))
    layer.end_kernel.assign(np.ones((1, 4)))
    squares = np.arange(64, dtype=np.float32).reshape(1, 64, 1)
    scores = ops.convert_to_numpy(layer(squares))[0]
    # Four features of 3 times four of 5, summed and divided by the root of 4.
    assert scores[3, 5] == 4 * 3 * 5 / 2


def test_a_whole_game_equals_its_plies_one_by_one() -> None:
    alone = model_with_half_values()
    game = build_game_network(SMALL)
    for ours, theirs in zip(game.weights, alone.weights, strict=True):
        ours.assign(to_numpy(theirs))
    rng = generator(3, "game")
    plies = [inputs(rng) for _ in range(3)]
    whole = game.predict_on_batch({name: np.stack([ply[name] for ply in plies], axis=1) for name in plies[0]})
    graph = open_session(convert(alone, state=True).SerializeToString(), threads=1)
    states: dict[str, np.ndarray] = {}
    for number, ply in enumerate(plies):
        outputs = predict(graph, {**ply, **states})
        states = next_states(outputs)
        for name in ("scores", "promotions"):
            np.testing.assert_allclose(outputs[name], whole[name][:, number], rtol=1e-4, atol=1e-4)


def test_the_graph_of_whole_games_equals_keras() -> None:
    game = build_game_network(SMALL)
    initialise(game, 0)
    for variable in game.weights:
        variable.assign(0.5 * to_numpy(variable))
    rng = generator(4, "game")
    plies = [inputs(rng) for _ in range(3)]
    whole = {name: np.stack([ply[name] for ply in plies], axis=1) for name in plies[0]}
    assert compare(game, convert(game).SerializeToString(), whole).max_error <= 1e-5
