using System;
using NUnit.Framework;

namespace Winnow.Benchmarking.Descriptions;

public sealed class ArgumentTextTests
{
    [TestCase("out y: f32[n]", ArgumentDirection.Out, "y", ElementType.F32, 1, InitializerKind.None)]
    [TestCase("inout x: f16[rows, hidden]", ArgumentDirection.InOut, "x", ElementType.F16, 2, InitializerKind.Normal)]
    [TestCase("in x: f32[n] = normal", ArgumentDirection.In, "x", ElementType.F32, 1, InitializerKind.Normal)]
    [TestCase("in ids: i32[n]", ArgumentDirection.In, "ids", ElementType.I32, 1, InitializerKind.Constant)]
    [TestCase("in ids: i32[min(n, 3), 2] = uniform(0, max(n, 2))", ArgumentDirection.In, "ids", ElementType.I32, 2, InitializerKind.Uniform)]
    [TestCase("in ids:u64[n]=range", ArgumentDirection.In, "ids", ElementType.U64, 1, InitializerKind.Range)]
    [TestCase("  in  w : bf16[ n ] = file( a/w.safetensors , layer.0.weight ) ", ArgumentDirection.In, "w", ElementType.BF16, 1, InitializerKind.File)]
    [TestCase("a: f32 = 1 / (n + 1)", ArgumentDirection.Scalar, "a", ElementType.F32, 0, InitializerKind.Constant)]
    [TestCase("inout: i32 = 5", ArgumentDirection.Scalar, "inout", ElementType.I32, 0, InitializerKind.Constant)]
    public void Parse_OfALineGivesItsParts(string line, object direction, string name, object type, int dimensions, object initial)
    {
        ArgumentText text = ArgumentText.Parse(line);

        Assert.That((text.Direction, text.Name, text.Type, text.Dimensions.Count), Is.EqualTo(((ArgumentDirection)direction, name, (ElementType)type, dimensions)));
        Assert.That(text.Initial.Kind, Is.EqualTo(initial));
    }

    [Test]
    public void Parse_OfAFileGivesItsPathAndTensor()
    {
        Initializer both = ArgumentText.Parse("in w: bf16[4] = file(a/w.safetensors, layer.0)").Initial;
        Initializer path = ArgumentText.Parse("in w: bf16[4] = file(w.bin)").Initial;

        Assert.That((both.Path, both.Tensor), Is.EqualTo(("a/w.safetensors", "layer.0")));
        Assert.That((path.Path, path.Tensor), Is.EqualTo(("w.bin", "")));
    }

    [TestCase("y f32[n]", "is no argument; write \"in x: f32[n] = normal\"")]
    [TestCase("out y: float[n]", "'float' is no element type; there are f32, f16, bf16")]
    [TestCase("y: f32[n]", "'y' has a shape, so it is memory: say in, out or inout")]
    [TestCase("in y: f32", "'y' has a direction, so it is memory: say its shape, for instance f32[n]")]
    [TestCase("out y: f32[]", "'y' has no dimensions; one element is f32[1]")]
    [TestCase("n: i32", "'n' is a number, passed by value: give it one")]
    [TestCase("n: i32 = normal", "'n' is a number, passed by value")]
    [TestCase("out y: f32[n] = ones", "where the kernel reads it, it is inout")]
    [TestCase("in x: f32[n] = uniform(1)", "should be normal, uniform(a, b)")]
    [TestCase("in x: f32[n] = x.bin", "has '.' at character 2. Values from a file are file(path)")]
    [TestCase("in x: f32[n] = normal(0, 1)", "should be normal, uniform(a, b)")]
    [TestCase("in x: f32[n +] = ones", "'n +' ends too early")]
    public void Parse_OfNoLineSaysWhatToWrite(string line, string problem)
    {
        Assert.That(() => ArgumentText.Parse(line), Throws.TypeOf<FormatException>().With.Message.Contains(problem));
    }
}
