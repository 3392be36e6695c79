using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The kernels of the operations on blocks, as they ship, on the simulator.</summary>
public sealed class CudaBlockTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [TestCase(1, 0, 0)]
    [TestCase(3, 0, 0)]
    [TestCase(4, 0, 0)]
    [TestCase(5, 1, 1)]
    [TestCase(13, 4, 4)]
    [TestCase(17, 3, 1)]
    public void PredictBlocks_AgreesWithDoublePrecision(int blocks, int first, int last) => BlockCases.Predicts(_device, blocks, first, last);

    [Test]
    public void PredictBlocks_GivesABlockTheSameBitsAnywhere() => BlockCases.PredictsTheSameAnywhere(_device);

    [Test]
    public void ExpandBlocks_ListsEntriesInOrder([Values(1, 16)] int width, [Values(0, 5, 64)] int last, [Values(3, 200)] int capacity) =>
        BlockCases.Expands(_device, width, last, capacity);

    [Test]
    public void Operations_HaveTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(BlockCases.Results);

    [TestCaseSource(typeof(BlockCases), nameof(BlockCases.WrongOperands))]
    public void Operations_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => BlockCases.Refuses(device, broken));

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        using var tensors = new TestTensors(silent.Device);
        Tensor scores = tensors.Of(new float[10], 2, 5), weights = tensors.Of(new float[Kernels.Reduction.BlockNetwork.Weights]), two = tensors.Of(new int[2]);
        Tensor history = tensors.Of(new float[10 * Kernels.Reduction.BlockNetwork.Steps], 4, 2, 80), lists = tensors.Of(new int[8], 2, 4), blocks = tensors.Of(new int[6], 2, 3);
        silent.AssertAllocatesNothing(
            () =>
            {
                silent.Device.Reduction.PredictBlocks(scores, history, weights, two, two);
                silent.Device.Reduction.ExpandBlocks(lists, two, blocks, two, two, 16, 1);
            },
            launches: 2);
    }
}
