using System;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Launches.</content>
public sealed unsafe partial class CudaDriver
{
    private const int MostAttributes = 2;
    private const int FirstWithClusters = 90;

    /// <inheritdoc/>
    public override bool HasClusters => Properties.ComputeCapability >= FirstWithClusters;

    /// <inheritdoc/>
    public override void AllowLargeClusters(GpuFunction function)
    {
        RequireClusters();
        MakeCurrent();
        CudaResult result = Driver.cuFuncSetAttribute(function.Handle, FunctionAttribute.NonPortableClusterSizeAllowed, 1);
        if (result != CudaResult.Success)
        {
            throw CudaResults.Error(result, $"cuFuncSetAttribute({NameOf(function.Handle)}, clusters of more than 8 blocks)");
        }
    }

    /// <inheritdoc/>
    public override int CountResidentClusters(GpuFunction function, in LaunchShape shape)
    {
        RequireClusters();
        MakeCurrent();
        LaunchAttribute* attributes = stackalloc LaunchAttribute[MostAttributes];
        LaunchConfig config = ConfigOf(shape, default, attributes);
        int clusters;
        CudaResult result = Driver.cuOccupancyMaxActiveClusters(&clusters, function.Handle, &config);
        return result == CudaResult.Success
            ? clusters
            : throw CudaResults.Error(result, $"cuOccupancyMaxActiveClusters({LaunchText(NameOf(function.Handle), shape)})");
    }

    /// <inheritdoc/>
    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        MakeCurrent();
        nuint bytes = (nuint)arguments.Length;
        ReadOnlySpan<int> places = _layouts.GetOrAdd(function.Handle, ParameterLayout.Read, arguments.Length) is { } layout ? layout.PlacesIn(arguments.Length) : [];
        void** parameters = stackalloc void*[places.Length];
        CudaResult result;
        fixed (byte* pointer = arguments)
        {
            for (int i = 0; i < places.Length; i++)
            {
                parameters[i] = pointer + places[i];
            }

            // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END
            void** block = stackalloc void*[] { (void*)1, pointer, (void*)2, &bytes, (void*)0 };
            void** one = places.IsEmpty ? null : parameters;
            void** extra = bytes == 0 || !places.IsEmpty ? null : block;
            result = shape.HasAttributes ? LaunchWithAttributes(function, shape, stream, one, extra) : Launch(function, shape, stream, one, extra);
        }

        if (result != CudaResult.Success)
        {
            throw CudaResults.Error(result, LaunchText(NameOf(function.Handle), shape, arguments.Length));
        }
    }

    /// <summary>A launch, for messages.</summary>
    internal static string LaunchText(string kernel, LaunchShape shape, int argumentBytes)
    {
        string call = shape.HasAttributes ? "cuLaunchKernelEx" : "cuLaunchKernel";
        return $"{call}({LaunchText(kernel, shape, $", {argumentBytes} argument bytes")})";
    }

    private static string LaunchText(string kernel, LaunchShape shape, string arguments = "")
    {
        string cluster = shape.Cluster == default ? "" : $", clusters of {shape.Cluster.X} x {shape.Cluster.Y} x {shape.Cluster.Z}";
        return $"{kernel}, grid {shape.GridX} x {shape.GridY} x {shape.GridZ}, block {shape.BlockX} x {shape.BlockY} x {shape.BlockZ}, "
            + $"{shape.SharedBytes} shared bytes{arguments}{cluster}{(shape.IsDependent ? ", dependent" : "")}";
    }

    /// <summary>Older drivers, which drive older devices, lack the calls.</summary>
    private void RequireClusters()
    {
        if (!HasClusters)
        {
            throw new NotSupportedException(
                $"{Properties.Name} has compute capability {Properties.ComputeCapability / 10}.{Properties.ComputeCapability % 10}; clusters need 9.0 (Hopper) or newer.");
        }
    }

    private static CudaResult Launch(GpuFunction function, in LaunchShape shape, GpuStream stream, void** parameters, void** extra) => Driver.cuLaunchKernel(
        function.Handle,
        (uint)shape.GridX,
        (uint)shape.GridY,
        (uint)shape.GridZ,
        (uint)shape.BlockX,
        (uint)shape.BlockY,
        (uint)shape.BlockZ,
        (uint)shape.SharedBytes,
        stream.Handle,
        parameters,
        extra);

    private static CudaResult LaunchWithAttributes(GpuFunction function, in LaunchShape shape, GpuStream stream, void** parameters, void** extra)
    {
        LaunchAttribute* attributes = stackalloc LaunchAttribute[MostAttributes];
        LaunchConfig config = ConfigOf(shape, stream, attributes);
        return Driver.cuLaunchKernelEx(&config, function.Handle, parameters, extra);
    }

    /// <summary>A launch as the driver takes it.</summary>
    /// <param name="shape">The launch.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="attributes">Takes its attributes: has room for <see cref="MostAttributes"/>, and stays where it is.</param>
    private static LaunchConfig ConfigOf(in LaunchShape shape, GpuStream stream, LaunchAttribute* attributes)
    {
        uint count = 0;
        if (shape.Cluster != default)
        {
            (int x, int y, int z) = shape.Cluster;
            attributes[count++] = new LaunchAttribute { Id = LaunchAttribute.ClusterDimension, X = x, Y = y, Z = z };
        }

        if (shape.IsDependent)
        {
            attributes[count++] = new LaunchAttribute { Id = LaunchAttribute.ProgrammaticStreamSerialization, X = 1 };
        }

        return new LaunchConfig
        {
            GridX = (uint)shape.GridX,
            GridY = (uint)shape.GridY,
            GridZ = (uint)shape.GridZ,
            BlockX = (uint)shape.BlockX,
            BlockY = (uint)shape.BlockY,
            BlockZ = (uint)shape.BlockZ,
            SharedBytes = (uint)shape.SharedBytes,
            Stream = stream.Handle,
            Attributes = attributes,
            Count = count,
        };
    }
}
