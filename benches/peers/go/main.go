// A loop on Go's standard library, as the runtime that AWS has for Go makes its requests: that one is a
// module, for which no registry of the benchmark has a copy.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// The values that a handler may ask for.
type context struct {
	requestID, arn, traceID string
	deadline                time.Time
}

func echo(_ *context, event json.RawMessage) (json.RawMessage, error) { return event, nil }

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	client := &http.Client{Timeout: 0}
	var event bytes.Buffer
	for {
		response, err := client.Get(base + "next")
		check(err)
		event.Reset()
		_, err = io.Copy(&event, response.Body)
		response.Body.Close()
		check(err)
		header := response.Header
		deadline, err := strconv.ParseInt(header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
		check(err)
		id := header.Get("Lambda-Runtime-Aws-Request-Id")
		context := &context{id, header.Get("Lambda-Runtime-Invoked-Function-Arn"),
			header.Get("Lambda-Runtime-Trace-Id"), time.UnixMilli(deadline)}
		os.Setenv("_X_AMZN_TRACE_ID", context.traceID)

		result, err := echo(context, event.Bytes())
		check(err)
		request, err := http.NewRequest("POST", base+id+"/response", bytes.NewReader(result))
		check(err)
		request.Header.Set("Content-Type", "application/json")
		response, err = client.Do(request)
		check(err)
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusAccepted {
			check(fmt.Errorf("status %d", response.StatusCode))
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
