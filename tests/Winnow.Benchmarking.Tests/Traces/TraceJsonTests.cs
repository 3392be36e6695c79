using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace Winnow.Benchmarking.Traces;

public sealed class TraceJsonTests
{
    [Test]
    public void Definition_ReadAndWrittenIsEqual()
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Definition, "d.json");
        string written = TraceJson.Write(definition);

        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(Published.Definition)), written);
        Assert.That(TraceJson.Write(TraceJson.ParseDefinition(written)), Is.EqualTo(written));
        Assert.That((definition.Name, definition.OpType, definition.File), Is.EqualTo(("gqa_paged_decode_h4_kv2_d8_ps2", "gqa_paged", "d.json")));
        Assert.That(definition.Axes.Select(axis => axis.Value), Is.EqualTo(new long?[] { null, 4, 2, 8, 2, null, null, null }));
        Assert.That(definition.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "q", "k_cache", "v_cache", "kv_indptr", "kv_indices", "kv_last_page_len", "sm_scale" }));
        Assert.That((definition.Inputs[^1].Shape, definition.Inputs[^1].DType, definition.Inputs[3].DType), Is.EqualTo(((IReadOnlyList<string>?)null, TraceDType.Float32, TraceDType.Int32)));
    }

    [Test]
    public void Definition_OfAnOlderFormIsRead()
    {
        TraceDefinition definition = TraceJson.ParseDefinition("""
            { "name": "d", "type": "norm", "axes": { "M": { "type": "var" } }, "constraints": null, "inputs": { "x": { "shape": [], "dtype": "float8_e4m3" } },
              "outputs": { "y": { "shape": ["M"], "dtype": "bool" } }, "reference": "def run(x): return x", }
            """);

        Assert.That((definition.OpType, definition.Inputs[0].DType, definition.Inputs[0].Shape!.Count), Is.EqualTo(("norm", TraceDType.Float8E4M3, 0)));
        Assert.That(TraceJson.Write(definition), Does.Contain("\"op_type\": \"norm\"").And.Contain("\"float8_e4m3fn\"").And.Contain("\"shape\": []"));
    }

    [Test]
    public void Definition_OfEveryDTypeIsReadAndWritten([Values] TraceDType type)
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Definition) with { Outputs = [new TraceTensor("o", ["batch_size"], type)] };

        Assert.That(TraceJson.ParseDefinition(TraceJson.Write(definition)).Outputs[0].DType, Is.EqualTo(type));
    }

    [Test]
    public void Solution_ReadAndWrittenIsEqual()
    {
        TraceSolution solution = TraceJson.ParseSolution(Published.Solution, "s.json");
        string written = TraceJson.Write(solution);

        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(Published.Solution)), written);
        Assert.That(TraceJson.Write(TraceJson.ParseSolution(written)), Is.EqualTo(written));
        Assert.That((solution.Spec.EntryFile, solution.Spec.EntryFunction, solution.Spec.DestinationPassingStyle), Is.EqualTo(("main.cpp", "run", false)));
        Assert.That(solution.Sources[2].Content, Does.EndWith("\u00e9"));
    }

    [TestCaseSource(typeof(Published), nameof(Published.Lines))]
    public void Trace_ReadAndWrittenIsEqual(string line)
    {
        KernelTrace trace = TraceJson.ParseTrace(line, "t.jsonl", 7);
        string written = TraceJson.Write(trace);

        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(line)), written);
        Assert.That(written, Does.Not.Contain("\n"));
        Assert.That((trace.File, trace.Line), Is.EqualTo(("t.jsonl", 7)));
    }

    [Test]
    public void Trace_HasWhatThePublishedLineSays()
    {
        KernelTrace trace = TraceJson.ParseTrace(Published.Trace);
        TraceEvaluation evaluation = trace.Evaluation!;

        Assert.That((evaluation.Status, evaluation.Environment.Hardware, evaluation.Environment.Libraries["torch"]), Is.EqualTo((TraceStatus.Passed, "NVIDIA A800-SXM4-80GB", "2.9.1+cu130")));
        Assert.That((trace.Workload.Axes["batch_size"], evaluation.Performance!.SpeedupFactor), Is.EqualTo((34, 2.386904757651173)));
        Assert.That(TraceJson.ParseTrace(Published.WrongTrace).Evaluation!.Correctness, Is.EqualTo(
            new TraceCorrectness(double.NaN, double.PositiveInfinity, """{"tvd":0.25,"counts":[1,2,"x",true,null],"deep":{"a":{}}}""")));
    }

    [TestCase("\"op_type\": \"gqa_paged\",", "\"op_type\": \"gqa_paged\", \"extra\": 1,", "d.json(3): extra: there is no such field in the schema; there are name, op_type")]
    [TestCase("\"op_type\": \"gqa_paged\",", "", "d.json(1): op_type: this is missing")]
    [TestCase("\"op_type\": \"gqa_paged\",", "\"op_type\": \"\",", "op_type: this should be a text that is not empty")]
    [TestCase("\"op_type\": \"gqa_paged\",", "\"op_type\": \"a\", \"op_type\": \"b\",", "op_type: this stands here twice")]
    [TestCase("\"value\": 4 }", "\"value\": -4 }", "d.json(8): axes.num_qo_heads.value: '-4' is no whole number from 0 on")]
    [TestCase("\"value\": 4 }", "\"value\": 4.5 }", "axes.num_qo_heads.value: '4.5' is no whole number")]
    [TestCase("\"type\": \"const\", \"value\": 4", "\"type\": \"expr\", \"value\": 4", "axes.num_qo_heads.type: 'expr' is no type of axis; there are const and var")]
    [TestCase("\"type\": \"const\", \"value\": 4", "\"type\": \"var\", \"value\": 4", "axes.num_qo_heads.value: a var axis takes its value from the workload")]
    [TestCase("[\"len_indptr\"], \"dtype\": \"int32\"", "[\"len\"], \"dtype\": \"int32\"", "inputs: the shape of 'kv_indptr' has 'len', which is no axis")]
    [TestCase("\"dtype\": \"bfloat16\" },\n    \"lse\"", "\"dtype\": \"double\" },\n    \"lse\"", "outputs.output.dtype: 'double' is no dtype; there are float32, float16")]
    [TestCase("\"lse\":", "\"q\":", "outputs: 'q' is an input as well")]
    [TestCase("\"shape\": null, \"dtype\": \"float32\"", "\"dtype\": \"float32\"", "inputs.sm_scale.shape: this is missing; a number that is passed by value has null")]
    [TestCase("\"shape\": null, \"dtype\": \"float32\"", "\"shape\": 3, \"dtype\": \"float32\"", "inputs.sm_scale.shape: this should be a list of texts")]
    [TestCase("\"tags\": [\"stage:decode\",", "\"tags\": [7,", "d.json(5): tags: this should be a list of texts")]
    [TestCase("\"reference\": \"", "\"reference\": 5, \"r\": \"", "r: there is no such field")]
    [TestCase("\"constraints\": [", "\"constraints\": {", "this is no JSON")]
    public void ParseDefinition_OfDamagedTextNamesLineAndField(string from, string to, string message)
    {
        string json = Published.Edited(Published.Definition, from, to);

        Assert.That(() => TraceJson.ParseDefinition(json, "d.json"), Throws.TypeOf<TraceFormatException>().With.Message.Contains(message));
    }

    [TestCase("\"cuda\"", "\"rust\"", "s.json(6): spec.language: 'rust' is no language; there are python, triton, cpp, cuda, tilelang")]
    [TestCase("[\"A800\"]", "[]", "spec.target_hardware: this is missing")]
    [TestCase("main.cpp::run", "main.cpp", "spec.entry_point: 'main.cpp' should be file::function")]
    [TestCase("main.cpp::run", "other.cpp::run", "spec: the entry point is in 'other.cpp', and sources has kernel.h, src/kernel.cu, main.cpp")]
    [TestCase("\"torch\"", "\"ctypes\"", "spec.binding: 'ctypes' is no binding")]
    [TestCase("false,", "\"no\",", "spec.destination_passing_style: this should be true or false")]
    [TestCase("\"path\": \"src/kernel.cu\"", "\"path\": \"../kernel.cu\"", "s.json(15): sources[1].path: '../kernel.cu' leads out of the solution")]
    [TestCase("\"path\": \"src/kernel.cu\"", "\"path\": \"kernel.h\"", "sources[1].path: 'kernel.h' stands there twice")]
    [TestCase("\"path\": \"src/kernel.cu\"", "\"file\": \"kernel.cu\"", "sources[1].file: there is no such field in the schema; there are path, content")]
    [TestCase("\\u00e9", "\\ud800", "s.json(16): this is no JSON")]
    public void ParseSolution_OfDamagedTextNamesLineAndField(string from, string to, string message)
    {
        string json = Published.Edited(Published.Solution, from, to);

        Assert.That(() => TraceJson.ParseSolution(json, "s.json"), Throws.TypeOf<TraceFormatException>().With.Message.Contains(message));
    }

    [TestCase("\"PASSED\"", "\"GOOD\"", "t.jsonl(7): evaluation.status: 'GOOD' is no status; there are PASSED, INCORRECT_SHAPE, INCORRECT_NUMERICAL, INCORRECT_DTYPE, RUNTIME_ERROR, COMPILE_ERROR, TIMEOUT")]
    [TestCase("\"PASSED\"", "\"INCORRECT_NUMERICAL\"", "evaluation.performance: this belongs to PASSED alone")]
    [TestCase("\"PASSED\"", "\"TIMEOUT\"", "evaluation.correctness: this belongs to PASSED and INCORRECT_NUMERICAL")]
    [TestCase("\"batch_size\":34", "\"batch_size\":\"34\"", "workload.axes.batch_size: '34' is no whole number")]
    [TestCase("\"weight\":{\"type\":\"random\"}", "\"weight\":{\"type\":\"zeros\"}", "workload.inputs.weight.type: 'zeros' is no source of values")]
    [TestCase("\"weight\":{\"type\":\"random\"}", "\"weight\":{\"type\":\"safetensors\",\"path\":\"a\"}", "workload.inputs.weight.tensor_key: this is missing")]
    [TestCase("\"weight\":{\"type\":\"random\"}", "\"weight\":{\"type\":\"scalar\",\"value\":\"1\"}", "workload.inputs.weight.value: this should be a number, true or false")]
    [TestCase("\"weight\":{\"type\":\"random\"}", "\"weight\":{\"type\":\"random\",\"seed\":1}", "workload.inputs.weight.seed: there is no such field")]
    [TestCase("\"solution\":\"gpt_rmsnorm_h4096\",", "", "evaluation: solution and evaluation are both there, or neither is")]
    [TestCase("0.028672000393271446", "-1", "evaluation.performance.latency_ms: '-1' is no number from 0 on")]
    [TestCase("\"3.5.1\"", "3.5", "evaluation.environment.libs.triton: this should be a text")]
    [TestCase("\"extra\":null", "\"extra\":[]", "evaluation.correctness.extra: this should be an object")]
    [TestCase("}}}", "}}", "t.jsonl(7): this is no JSON")]
    public void ParseTrace_OfDamagedTextNamesLineAndField(string from, string to, string message)
    {
        string json = Published.Edited(Published.Trace, from, to);

        Assert.That(() => TraceJson.ParseTrace(json, "t.jsonl", 7), Throws.TypeOf<TraceFormatException>().With.Message.Contains(message));
    }

    [TestCase("[]")]
    [TestCase("3")]
    [TestCase("")]
    [TestCase("{} {}")]
    [TestCase("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void Parse_OfWhatIsNoObjectIsRefused(string json)
    {
        Assert.That(() => TraceJson.ParseDefinition(json), Throws.TypeOf<TraceFormatException>());
        Assert.That(() => TraceJson.ParseSolution(json), Throws.TypeOf<TraceFormatException>());
        Assert.That(() => TraceJson.ParseTrace(json), Throws.TypeOf<TraceFormatException>());
    }

    [Test]
    public void ReadTraces_TellsOfABrokenLineAndGoesOn()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["t.jsonl"], $"{Published.Lines[0]}\n\n{{ \"definition\": \n{Published.Lines[1]}\n");
        List<TraceFormatException> problems = [];

        KernelTrace[] traces = [.. TraceJson.ReadTraces(folder["t.jsonl"], problems.Add)];

        Assert.That(traces.Select(trace => (trace.Definition, trace.Line)), Is.EqualTo(new[] { ("rmsnorm_h128", 1), ("rmsnorm_h4096", 4) }));
        Assert.That(problems.Single().Message, Does.StartWith(folder["t.jsonl"] + "(3): this is no JSON: "));
        Assert.That((problems[0].File, problems[0].Line, problems[0].Field), Is.EqualTo((folder["t.jsonl"], 3, "")));
    }
}
