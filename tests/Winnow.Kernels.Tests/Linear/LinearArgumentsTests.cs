using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

public sealed class LinearArgumentsTests
{
    private readonly CpuDevice _device = new(1);

    [OneTimeTearDown]
    public void Free() => _device.Dispose();

    [Test]
    public void Project_NamesTheRuleThatAnArgumentBreaks()
    {
        Tensor input = Make(DType.F32, new Shape(2, 32));
        Tensor weight = Make(DType.Q8_0, new Shape(3, 32));
        Tensor output = Make(DType.F32, new Shape(2, 3));
        Refuses("[rows, inputs]", Make(DType.F32, new Shape(64)), new Projection { Output = output, Weight = weight });
        Refuses("[rows, inputs]", Make(DType.F16, new Shape(2, 32)), new Projection { Output = output, Weight = weight });
        Refuses("[outputs, 32]", input, new Projection { Output = output, Weight = Make(DType.F16, new Shape(3, 33)) });
        Refuses("[outputs, 32]", input, new Projection { Output = output, Weight = Make(DType.I32, new Shape(3, 32)) });
        Refuses("[outputs, 32]", input, new Projection { Output = output, Weight = default });
        Refuses("output must be F32 [2, 3]", input, new Projection { Output = Make(DType.F32, new Shape(3, 2)), Weight = weight });
        Refuses("output must be F32 [2, 3]", input, new Projection { Output = default, Weight = weight });
        Refuses("bias", input, new Projection { Output = output, Weight = weight, Bias = Make(DType.F32, new Shape(2)) });
        Refuses("bias", input, new Projection { Output = output, Weight = weight, Bias = Make(DType.F16, new Shape(3)) });
        Refuses("residual", input, new Projection { Output = output, Weight = weight, Residual = Make(DType.F32, new Shape(3, 2)) });
        Tensor both = Make(DType.F32, new Shape(4, 32));
        Refuses("overlaps", both.Rows(0, 2), new Projection { Output = both.Rows(1, 2), Weight = Make(DType.Q8_0, new Shape(32, 32)) });
    }

    [Test]
    public void ProjectGated_NamesTheRuleThatAnArgumentBreaks()
    {
        Tensor input = Make(DType.F32, new Shape(2, 32));
        Tensor weight = Make(DType.Q8_0, new Shape(3, 32));
        Tensor output = Make(DType.F32, new Shape(2, 3));
        Tensor other = Make(DType.Q8_0, new Shape(4, 32));
        Assert.That(
            () => _device.Linear.ProjectGated(output, input, other, weight, Activation.Silu), Throws.ArgumentException.With.Message.Contains("gate"));
        Assert.That(
            () => _device.Linear.ProjectGated(output, input, weight, weight, (Activation)7),
            Throws.ArgumentException.With.Message.Contains("activation"));
    }

    [Test]
    public void Project_OfNoRowsDoesNothing()
    {
        Tensor weight = Make(DType.Q8_0, new Shape(3, 32));
        Tensor input = Make(DType.F32, new Shape(1, 32)).Rows(0, 0);
        Tensor output = Make(DType.F32, new Shape(1, 3)).Rows(0, 0);
        Assert.That(() => _device.Linear.Project(input, new Projection { Output = output, Weight = weight }), Throws.Nothing);
    }

    private void Refuses(string rule, Tensor input, Projection projection) =>
        Assert.That(() => _device.Linear.Project(input, projection), Throws.ArgumentException.With.Message.Contains(rule));

    private Tensor Make(DType type, Shape shape) => _device.AllocateTensor(type, shape);
}
