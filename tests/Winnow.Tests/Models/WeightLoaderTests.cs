using System;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Models;
using Winnow.Tests.Engine;

namespace Winnow.Tests.Models;

internal sealed class WeightLoaderTests
{
    // Less than a period, a few of them and a part, and such that come to their end at once: a period is 4099 blocks of 256 values.
    [TestCase(3, 256, TensorType.Q8_0)]
    [TestCase(4099 * 5, 448, TensorType.Q4_0)]
    [TestCase(4099 * 4, 256, TensorType.Q4_K)]
    [TestCase(5000, 900, TensorType.BF16)]
    public void Matrix_OfRandomWeightsHasTheBytesOfItsFile(int rows, int columns, TensorType type)
    {
        using var file = RandomTensorFile.Create("random", [new RandomTensor("weights", type, [rows, columns], 0.02f)]);
        using var device = new FaultyDevice();
        using var loader = new WeightLoader(file, device, null, default);

        Tensor matrix = loader.Matrix("weights", rows, columns);

        byte[] expected = new byte[matrix.Bytes];
        byte[] loaded = new byte[matrix.Bytes];
        TensorInfo info = file.Get("weights");
        file.Read(info, 0, expected);
        device.Download<byte>(matrix, loaded);
        Assert.That(loaded.AsSpan().SequenceEqual(expected), Is.True);
        Assert.That(device.Uploads, Is.LessThanOrEqualTo(1), "a period is one piece");
    }
}
