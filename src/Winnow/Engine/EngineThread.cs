using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Winnow.Engine;

/// <summary>The thread that owns the device: runs posted commands between steps, steps while there is work, and sleeps otherwise.</summary>
internal sealed class EngineThread
{
    private readonly EngineCore _core;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<Command> _commands = new();
    private readonly object _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private volatile Exception? _closed;

    public EngineThread(EngineCore core, ILogger logger)
    {
        (_core, _logger) = (core, logger);
        var thread = new Thread(Run) { Name = "Winnow engine", IsBackground = true };
        thread.Start();
    }

    /// <summary>Starts a request.</summary>
    public void Submit(EngineRequest request) => Post(new Command(core => core.Submit(request), request.Fail));

    /// <summary>Stops a request within a step.</summary>
    public void Cancel(EngineRequest request, Exception reason) => Post(new Command(core => core.Cancel(request, reason), _ => { }));

    /// <summary>Runs something on the engine thread between two steps.</summary>
    public Task<T> InvokeAsync<T>(Func<EngineCore, T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Command(
            core =>
            {
                try
                {
                    done.TrySetResult(action(core));
                }
                catch (Exception exception)
                {
                    done.TrySetException(exception);
                }
            },
            exception => done.TrySetException(exception)));
        return done.Task;
    }

    /// <summary>Runs something on the engine thread between two steps.</summary>
    public Task InvokeAsync(Action<EngineCore> action) => InvokeAsync(core =>
    {
        action(core);
        return true;
    });

    /// <summary>Stops all requests and ends the thread.</summary>
    public Task StopAsync()
    {
        _stopping = true;
        Wake();
        return _ended.Task;
    }

    private void Post(Command command)
    {
        _commands.Enqueue(command);
        Wake();
        if (_closed is Exception reason)
        {
            AbortCommands(reason);
        }
    }

    private void Run()
    {
        Exception reason = new ObjectDisposedException(nameof(WinnowEngine), "The engine was disposed.");
        try
        {
            Loop();
        }
        catch (Exception exception)
        {
            // Steps and commands report their own errors, so the engine's own state is in doubt here.
            Log.EngineFailed(_logger, exception);
            reason = new WinnowException("The engine stopped after an internal error; dispose it and load the model again.", exception);
        }

        _core.Abandon(reason);
        _closed = reason;
        AbortCommands(reason);
        _ended.TrySetResult();
    }

    private void Loop()
    {
        while (!_stopping)
        {
            while (_commands.TryDequeue(out Command? command))
            {
                command.Execute(_core);
            }

            if (_core.HasWork)
            {
                _core.Step();

                // With all processors at work on steps, who waits for the step's pieces would else wait for the end of a time slice.
                Thread.Yield();
            }
            else
            {
                Sleep();
            }
        }
    }

    private void Sleep()
    {
        lock (_gate)
        {
            if (_commands.IsEmpty && !_stopping)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    private void AbortCommands(Exception reason)
    {
        while (_commands.TryDequeue(out Command? command))
        {
            command.Abort(reason);
        }
    }

    private sealed record Command(Action<EngineCore> Execute, Action<Exception> Abort);
}
