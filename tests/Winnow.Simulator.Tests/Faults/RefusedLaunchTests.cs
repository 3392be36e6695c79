using System;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Images, launches and calls that a driver refuses before anything runs.</summary>
public sealed class RefusedLaunchTests
{
    private const string Head = ".version 8.0\n.target sm_80\n.address_size 64\n";

    private const string Kernel =
        Head + """
        .visible .entry store(.param .u64 store_param_0, .param .u32 store_param_1)
        .maxntid 256, 1, 1
        {
          .reg .b32 %r<3>;
          .reg .b64 %rd<3>;
          .shared .align 4 .b8 tile[1024];
          ld.param.u64 %rd1, [store_param_0];
          ld.param.u32 %r1, [store_param_1];
          mov.u64 %rd2, tile;
          st.global.u32 [%rd1], %r1;
          ret;
        }
        .visible .entry plain() { ret; }
        """;

    private PtxSimulator _simulator = null!;
    private GpuStream _stream;
    private GpuModule _module;
    private nint _buffer;

    [SetUp]
    public void CreateSimulator()
    {
        _simulator = new PtxSimulator();
        _stream = _simulator.CreateStream();
        _module = _simulator.LoadModule(Encoding.UTF8.GetBytes(Kernel), "store.cu");
        _buffer = _simulator.Allocate(256);
    }

    [TearDown]
    public void DisposeSimulator() => _simulator.Dispose();

    [TestCase(0, 1, 1, 32, 1, 1, "a grid of (0, 1, 1) blocks")]
    [TestCase(1, 0, 1, 32, 1, 1, "a grid of (1, 0, 1) blocks")]
    [TestCase(1, -1, 1, 32, 1, 1, "a grid of (1, -1, 1) blocks")]
    [TestCase(1, 65536, 1, 32, 1, 1, "at most 65535")]
    [TestCase(1, 1, 65536, 32, 1, 1, "at most 65535")]
    [TestCase(1, 1, 1, 0, 1, 1, "blocks of (0, 1, 1) threads")]
    [TestCase(1, 1, 1, 257, 1, 1, "at most 256")]
    [TestCase(1, 1, 1, 16, 16, 2, "at most 256")]
    [TestCase(1, 1, 1, 1, 1, 65, "blocks of (1, 1, 65) threads")]
    public void Launch_OfAnImpossibleShapeIsRefused(int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, string problem)
    {
        var shape = new LaunchShape(gridX, gridY, gridZ, blockX, blockY, blockZ);

        CudaException exception = Assert.Throws<CudaException>(() => Launch("store", shape, Arguments()))!;

        Assert.That((exception.StatusName, exception.Call), Is.EqualTo(("CUDA_ERROR_INVALID_VALUE", "Launch")));
        Assert.That(exception.Message, Does.Contain("store").And.Contain(problem));
    }

    [Test]
    public void Launch_WithoutLaunchBoundsTakesAThousandAndTwentyFourThreads()
    {
        Assert.That(() => Launch("plain", LaunchShape.Linear(1, 1024), []), Throws.Nothing);
        Assert.That(
            () => Launch("plain", LaunchShape.Linear(1, 1025), []),
            Throws.TypeOf<CudaException>().With.Message.Contains("at most 1024"));
    }

    [Test]
    public void Launch_OfMoreSharedMemoryThanAllowedIsRefused()
    {
        const int Allowed = (48 * 1024) - 1024;
        Assert.That(() => Launch("store", LaunchShape.Linear(1, 32, Allowed), Arguments()), Throws.Nothing);
        Assert.That(
            () => Launch("store", LaunchShape.Linear(1, 32, Allowed + 1), Arguments()),
            Throws.TypeOf<CudaException>().With.Message.Contains("AllowSharedBytes"));

        GpuFunction kernel = _simulator.GetFunction(_module, "store");
        _simulator.AllowSharedBytes(kernel, 64 * 1024);
        Assert.That(() => _simulator.Launch(kernel, LaunchShape.Linear(1, 32, 64 * 1024), Arguments(), _stream), Throws.Nothing);
    }

    [Test]
    public void AllowSharedBytes_BeyondTheDeviceIsRefused()
        => Assert.That(
            () => _simulator.AllowSharedBytes(_simulator.GetFunction(_module, "store"), _simulator.Properties.MaxSharedBytesPerBlock),
            Throws.TypeOf<CudaException>().With.Message.Contains($"at most {_simulator.Properties.MaxSharedBytesPerBlock - 1024} bytes"));

    [Test]
    public void Launch_WithoutAllArgumentsIsRefused()
        => Assert.That(
            () => Launch("store", LaunchShape.Linear(1, 32), new byte[8]),
            Throws.TypeOf<CudaException>().With.Message.Contains("12 bytes of arguments, and 8 were given"));

    [Test]
    public void GetFunction_UnknownNameListsTheKernels()
        => Assert.That(
            () => _simulator.GetFunction(_module, "stor"),
            Throws.TypeOf<CudaException>().With.Message.Contains("no kernel stor").And.Message.Contains("store, plain"));

    [Test]
    public void GetFunction_UnknownInstructionIsNamedWithItsLine()
    {
        GpuModule module = Load(".entry k()\n{\n.reg .b32 %r<2>;\nmov.u32 %r1, 1;\ntcgen05.frobnicate.b32 %r1, %r1;\nret;\n}");

        PtxParseException exception = Assert.Throws<PtxParseException>(() => _simulator.GetFunction(module, "k"))!;

        Assert.That((exception.Line, exception.Text), Is.EqualTo((8, "tcgen05.frobnicate.b32 %r1, %r1")));
        Assert.That(exception.Message, Does.Contain("module.cu").And.Contain("line 8").And.Contain("does not know this instruction"));
    }

    [TestCase("add.s33 %r1, %r1, %r1;")]
    [TestCase("ld.global.u32 %r1, %r1;")]
    [TestCase("shfl.sync.sideways.b32 %r1, %r1, 1, 31, -1;")]
    [TestCase("mma.sync.aligned.m16n8k99.row.col.f32.bf16.bf16.f32 {%r1}, {%r1}, {%r1}, {%r1};")]
    [TestCase("atom.global.frob.u32 %r1, [%rd1], %r1;")]
    [TestCase("add.s32;")]
    [TestCase("ld.global.u32 %r1;")]
    [TestCase("cp.async.cg.shared.global [%r1];")]
    [TestCase("atom.global.add.u32 %r1;")]
    [TestCase("ld %r1, [%rd1];")]
    [TestCase("cvta.to.global.u64 %rd1;")]
    [TestCase("mov.u32 4, %r1;")]
    [TestCase("mov.u32 %tid.x, %r1;")]
    [TestCase("ld.global.v2.u32 {%r1, 7}, [%rd1];")]
    [TestCase("add.s64 %r1, %r1, %r1;")]
    [TestCase("ld.global.u64 %r1, [%rd1];")]
    [TestCase("ld.param.u32 %r1, [k_param_0+2];")]
    [TestCase("ld.param.u64 %rd1, [k_param_0];")]
    [TestCase("ld.param.u32 %r1, [k_param_0-4];")]
    [TestCase("mbarrier.arrive.expect_tx.release.gpu.shared::cta.b64 _, [%r1], %r1;")]
    [TestCase("mbarrier.init.shared.b64 [%r1];")]
    [TestCase("mbarrier.init.shared.b64;")]
    [TestCase("mbarrier.arrive.shared.b64 %rd1;")]
    [TestCase("mbarrier.try_wait.parity.shared.b64;")]
    [TestCase("cp.async.mbarrier.arrive.shared.b64;")]
    [TestCase("cp.async.bulk;")]
    [TestCase("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%r1, %r1, %r1, %r1};")]
    [TestCase("setmaxnreg.inc.sync.aligned.u32 %r1;")]
    [TestCase("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r1], [%rd1], %r1, [%r1];")]
    [TestCase("cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes.multicast::cluster [%r1], [%rd1], %r1, [%r1], %rs1;")]
    [TestCase("cp.async.bulk.shared::cta.shared::cta.mbarrier::complete_tx::bytes [%r1], [%r1], %r1, [%r1];")]
    [TestCase("st.async.shared::cluster.u32 [%r1], %r1, [%r1];")]
    [TestCase("st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.u32 [%r1], {%r1}, [%r1];")]
    [TestCase("red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%r1], %r1, [%r1];")]
    [TestCase("cp.async.bulk.wait_group %r1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1, 0, 0;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.s8 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.satfinite.f32.e4m3.e4m3 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.s8 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.s32.s8 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.s32.s8.s8 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k32.s32.e4m3.e4m3 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n40k32.s32.s8.s8 {%r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1, %r1}, %rd1, %rd1, 1;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n12k16.f32.f16.f16 {%r1, %r1, %r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1, 0, 0;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%r1, %r1}, %rd1, %rd1, 1, 1, 1, 0, 0;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.bf16 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 1, 1, 0, 0;")]
    [TestCase("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%r1, %r1, %r1, %r1}, %rd1, %rd1, 1, 2, 1, 0, 0;")]
    [TestCase("wgmma.wait_group.sync.aligned %r1;")]
    [TestCase("wgmma.fence.aligned;")]
    [TestCase("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%rd1], [%r1], %r1;")]
    [TestCase("setmaxnreg.sync.aligned.u32 40;")]
    [TestCase("barrier.cluster.arrive.acquire.aligned;")]
    [TestCase("barrier.cluster.wait.aligned 1;")]
    [TestCase("barrier.cluster.sync.aligned;")]
    [TestCase("griddepcontrol.launch;")]
    [TestCase("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r1], [%rd1, {%r1}], [%r1];")]
    [TestCase("cp.async.bulk.tensor.3d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%r1], [%rd1, {%r1, %r1, %r1}], [%r1];")]
    [TestCase("mapa.shared::cta.u32 %r1, %r1, 1;")]
    [TestCase("mapa.shared::cluster.u32 %r1, %r1;")]
    [TestCase("getctarank.shared::cluster.u16 %r1, %r1;")]
    public void GetFunction_MalformedInstructionIsRefused(string instruction)
    {
        GpuModule module = Load($".entry k(.param .u32 k_param_0)\n{{\n.reg .b32 %r<2>;\n.reg .b64 %rd<2>; .reg .b16 %rs<2>;\n{instruction}\nret;\n}}");

        PtxParseException exception = Assert.Throws<PtxParseException>(() => _simulator.GetFunction(module, "k"))!;

        Assert.That(exception.Line, Is.EqualTo(8));
    }

    [Test]
    public void Launch_OfClustersOnAmpereIsRefused()
    {
        GpuModule module = Load(".entry k() .explicitcluster .reqnctapercluster 2, 1, 1\n{\nret;\n}");
        GpuFunction kernel = _simulator.GetFunction(module, "k");

        CudaException exception = Assert.Throws<CudaException>(() => _simulator.Launch(kernel, LaunchShape.Linear(2, 32), [], _stream))!;

        Assert.That(exception.StatusName, Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(exception.Message, Does.Contain("compute_80 does not have"));
    }

    [Test]
    public void Launch_OfDependentOneOnAmpereIsRefused()
        => Assert.That(
            () => Launch("plain", LaunchShape.Linear(1, 32) with { IsDependent = true }, []),
            Throws.TypeOf<CudaException>().With.Message.Contains("which compute_80 does not have"));

    [TestCase(".explicitcluster", 2, "does not say of how many blocks")]
    [TestCase(".explicitcluster .reqnctapercluster 16, 1, 1", 16, "see AllowLargeClusters")]
    [TestCase(".explicitcluster .reqnctapercluster 17, 1, 1", 17, "together they may be 16")]
    [TestCase(".explicitcluster .reqnctapercluster 0, 1, 1", 2, "together they may be 16")]
    [TestCase(".explicitcluster .reqnctapercluster 2, 1, 1", 3, "a grid of (3, 1, 1) does not consist of")]
    [TestCase(".explicitcluster .reqnctapercluster 2, 2", 2, "a grid of (2, 1, 1) does not consist of")]
    public void Launch_OfImpossibleClustersIsRefused(string directives, int blocks, string problem)
    {
        using PtxSimulator hopper = new(new PtxSimulatorOptions { Architecture = HopperCode.Architecture });
        GpuModule module = hopper.LoadModule(Encoding.UTF8.GetBytes(Head + $".entry k() {directives}\n{{\nret;\n}}"), "module.cu");
        GpuFunction kernel = hopper.GetFunction(module, "k");

        CudaException exception = Assert.Throws<CudaException>(() => hopper.Launch(kernel, LaunchShape.Linear(blocks, 32), [], hopper.CreateStream()))!;

        Assert.That(exception.StatusName, Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(exception.Message, Does.Contain(problem));
    }

    [Test]
    public void LoadModule_OfACubinSaysWhatItTakes()
    {
        byte[] cubin = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0];

        Assert.That(() => _simulator.LoadModule(cubin, "k.cubin"), Throws.InstanceOf<WinnowException>().With.Message.Contains("k.cubin"));
    }

    [Test]
    public void Launch_AfterAFaultWorksAgain()
    {
        GpuFunction kernel = _simulator.GetFunction(_module, "store");
        byte[] wild = [.. BitConverter.GetBytes(64L), .. BitConverter.GetBytes(7)];
        Assert.That(
            () => _simulator.Launch(kernel, LaunchShape.Linear(1, 32), wild, _stream),
            Throws.TypeOf<GpuFaultException>().With.Property("Kind").EqualTo("out-of-bounds"));

        Assert.That(() => _simulator.Launch(kernel, LaunchShape.Linear(1, 32), Arguments(), _stream), Throws.Nothing);
        Assert.That(() => _simulator.Synchronize(_stream), Throws.Nothing);
    }

    [Test]
    public void CopyToDevice_PastTheEndIsRefused()
    {
        nint host = _simulator.AllocateHost(512);
        try
        {
            Assert.That(() => _simulator.CopyToDevice(_buffer, host, 256, _stream), Throws.Nothing);
            Assert.That(
                () => _simulator.CopyToDevice(_buffer + 1, host, 256, _stream),
                Throws.TypeOf<CudaException>().With.Message.Contains("256 bytes from byte 1"));
        }
        finally
        {
            _simulator.FreeHost(host);
        }
    }

    [TestCase(".explicitcluster .reqnctapercluster 2, 1, 1", 1, "and its launch for others of (1, 1, 1)")]
    [TestCase("", 3, "which a grid of (4, 1, 1) does not consist of")]
    [TestCase("", 9, "9 blocks, and not every device has more than 8; see AllowLargeClusters")]
    [TestCase("", 17, "together they may be 16")]
    [TestCase("", -2, "together they may be 16")]
    public void Launch_InImpossibleClustersIsRefused(string directives, int blocks, string problem)
    {
        using PtxSimulator hopper = new(new PtxSimulatorOptions { Architecture = HopperCode.Architecture });
        GpuModule module = hopper.LoadModule(Encoding.UTF8.GetBytes(Head + $".entry k() {directives}\n{{\nret;\n}}"), "module.cu");
        GpuFunction kernel = hopper.GetFunction(module, "k");
        LaunchShape shape = LaunchShape.Linear(4, 32) with { Cluster = (blocks, 1, 1) };

        CudaException exception = Assert.Throws<CudaException>(() => hopper.Launch(kernel, shape, [], hopper.CreateStream()))!;

        Assert.That(exception.StatusName, Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(exception.Message, Does.Contain(problem));
    }

    private GpuModule Load(string text) => _simulator.LoadModule(Encoding.UTF8.GetBytes(Head + text), "module.cu");

    private void Launch(string name, LaunchShape shape, byte[] arguments)
        => _simulator.Launch(_simulator.GetFunction(_module, name), shape, arguments, _stream);

    private byte[] Arguments() => [.. BitConverter.GetBytes((long)_buffer), .. BitConverter.GetBytes(7)];
}
